#include "booking_app/front_end/log_end.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

namespace marquee::booking {

using json = nlohmann::json;

result<std::int64_t> parse_high_watermark(std::string_view answer) {
  const json text = json::parse(answer, nullptr, false);
  const json::json_pointer place("/topic/partitions/0/high_watermark");
  if (!text.is_object() || !text.contains(place))
    return fail(error_code::corrupt, "the description of the log does not have the promised form");
  const json& value = text.at(place);
  if (!value.is_number_integer())
    return fail(error_code::unavailable, "the leader of the log could not be asked");
  return value.get<std::int64_t>();
}

std::shared_ptr<log_end> log_end::make(net::event_loop& loop, net::http_client& client, options wanted) {
  return std::shared_ptr<log_end>(new log_end(loop, client, std::move(wanted)));
}

net::task<result<std::int64_t>> log_end::ask(std::stop_token cancel) {
  if (!next_) next_ = std::make_shared<question>();
  const std::shared_ptr<question> mine = next_;
  if (!std::exchange(asking_, true))
    loop_.spawn([self = shared_from_this()]() -> net::task<> { return self->answer_questions(); });
  while (!mine->answer) {
    const std::uint64_t seen = mine->answered.generation();
    if (mine->answer) break;
    if (co_await mine->answered.wait(seen, net::deadline::never(), cancel) == net::wake_reason::cancelled)
      co_return fail(error_code::cancelled, "the client went away");
  }
  co_return *mine->answer;
}

net::task<> log_end::answer_questions() {
  while (next_) {
    const std::shared_ptr<question> now = std::exchange(next_, nullptr);
    now->answer = co_await ask_cluster();
    now->answered.wake_all();
  }
  asking_ = false;
}

net::task<result<std::int64_t>> log_end::ask_cluster() {
  const net::deadline end = net::deadline::in_ms(options_.patience_ms);
  result<std::int64_t> last = fail(error_code::unavailable, "no load balancer is configured");
  while (!options_.load_balancers.empty()) {
    last = co_await ask_one(options_.load_balancers[preferred_],
                            std::min(options_.attempt_ms, std::max<std::int64_t>(end.remaining_ms(), 1)));
    if (last || end.passed()) break;
    preferred_ = (preferred_ + 1) % options_.load_balancers.size();
    co_await net::sleep_ms(std::min(options_.pause_ms, end.remaining_ms()));
  }
  if (last) co_return last;
  co_return fail(error_code::unavailable, last.error().message);
}

net::task<result<std::int64_t>> log_end::ask_one(net::endpoint where, std::int64_t timeout_ms) {
  net::http_request request;
  request.target = "/topics/" + net::percent_encode(options_.topic);
  const net::http_outcome outcome = co_await client_.send(
      std::move(where), std::move(request), {.timeout_ms = timeout_ms, .resend_if_stale = true});
  if (!outcome.response) co_return fail(outcome.response);
  if (outcome.response->status != 200)
    co_return fail(error_code::unavailable,
                   "the load balancer answered " + std::to_string(outcome.response->status));
  co_return parse_high_watermark(outcome.response->body);
}

}  // namespace marquee::booking
