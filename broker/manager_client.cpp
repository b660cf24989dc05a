#include "broker/manager_client.h"

#include <utility>

namespace marquee::broker {

manager_client::manager_client(net::event_loop& loop, net::http_client& http,
                               const net::cluster_secret& secret, std::vector<net::endpoint> managers)
    : loop_(loop), http_(http), secret_(secret), managers_(std::move(managers)) {}

net::future<net::http_response> manager_client::ask(net::http_request request, std::int64_t timeout_ms) {
  const net::promise<net::http_response> answer;
  auto coming = answer.get_future();
  loop_.spawn([this, request = std::move(request), timeout_ms, answer]() -> net::task<void> {
    answer.set(co_await try_all(request, timeout_ms));
  });
  return coming;
}

net::task<result<net::http_response>> manager_client::try_all(net::http_request request,
                                                              std::int64_t timeout_ms) {
  result<net::http_response> last = fail(error_code::unavailable, "no write manager is configured");
  const std::size_t first = preferred_;
  for (std::size_t i = 0; i < managers_.size(); ++i) {
    const std::size_t which = (first + i) % managers_.size();
    last = co_await send(managers_[which], request, timeout_ms);
    if (last && last->status != 503) {
      preferred_ = which;
      break;
    }
  }
  co_return last;
}

net::task<result<net::http_response>> manager_client::send(net::endpoint manager, net::http_request request,
                                                           std::int64_t timeout_ms) {
  request.headers.set("Content-Type", "application/json");
  secret_.sign(request);
  net::http_call_options options;
  options.timeout_ms = timeout_ms;
  options.resend_if_stale = true;
  net::http_outcome outcome = co_await http_.send(manager, std::move(request), std::move(options));
  if (!outcome.response) co_return fail(outcome.response, "write manager " + net::to_string(manager));
  co_return std::move(*outcome.response);
}

}  // namespace marquee::broker
