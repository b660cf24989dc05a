#include "net/json_body.h"
#include "read_manager/api_errors.h"
#include "read_manager/handlers.h"
#include "read_manager/position_check.h"

namespace marquee::read_manager {

namespace {

net::task<std::optional<net::http_response>> commit_here(services& all, consumer_pointer consumer,
                                                         position_map positions, net::deadline end) {
  note_use(all, *consumer);
  if (auto problem = co_await check_positions(all, consumer, positions, end)) co_return to_response(*problem);
  const result<> done = co_await all.committer.commit(consumer, positions, end);
  if (done) {
    consumer->session.skip_what_it_has(positions);
    co_return net::json_response(R"({"status":"success"})");
  }
  if (consumer->lost) co_return std::nullopt;
  co_return to_response(brokers_unavailable(all.component, done.error().message, net::api_outcome::unknown));
}

}  // namespace

net::task<net::http_response> handle_commit(services& all, net::http_exchange& exchange) {
  if (auto problem = net::check_json_content_type(exchange.request, all.component))
    co_return to_response(*problem);
  net::json_body body = net::json_body::parse(exchange.request.body);
  const std::string id = body.text("consumer_id");
  const position_map positions = read_positions(body);
  if (auto problem = body.finish()) co_return to_response(net::bad_request(all.component, *problem));
  const net::deadline end = services::end_of(exchange, all.options.request_timeout_ms);
  const auto work = [&](consumer_pointer consumer) {
    return commit_here(all, std::move(consumer), positions, end);
  };
  co_return co_await serve_owned(
      all, exchange, {id}, end, work,
      brokers_unavailable(all.component, "no manager could commit in time", net::api_outcome::unknown));
}

}  // namespace marquee::read_manager
