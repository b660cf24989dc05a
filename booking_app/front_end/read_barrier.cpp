#include "booking_app/front_end/read_barrier.h"

#include <limits>
#include <utility>

#include "booking_app/log/booking_topics.h"
#include "net/api_error.h"
#include "net/endpoint.h"

namespace marquee::booking {
namespace {

log_end::options log_of(const front_end_options& options) {
  log_end::options wanted;
  wanted.topic = booking_topics{options.topic_prefix}.commands();
  for (const std::string& each : options.load_balancers)
    if (const auto where = net::parse_endpoint(each)) wanted.load_balancers.push_back(*where);
  return wanted;
}

}  // namespace

freshness take_freshness(net::json_body& query) {
  freshness wanted;
  wanted.min_offset = query.optional_integer("min_offset", 0, std::numeric_limits<std::int64_t>::max());
  const std::string consistency = query.optional_text("consistency").value_or("stale");
  wanted.linearizable = consistency == "linearizable";
  if (!wanted.linearizable && consistency != "stale")
    query.refuse("consistency", "either 'linearizable' or 'stale'");
  return wanted;
}

read_barrier::read_barrier(front_end_context& context)
    : context_(context), end_of_log_(log_end::make(context.loop, context.client, log_of(context.options))) {}

net::http_response read_barrier::timed_out(std::int64_t offset) const {
  net::api_error problem;
  problem.status = 504;
  problem.code = "TIMEOUT";
  problem.message = "offset " + std::to_string(offset) +
                    " was not voted on within 5 s; this front end is at " +
                    std::to_string(context_.observed.applied());
  problem.component = context_.options.component();
  problem.retriable = true;
  problem.outcome = net::api_outcome::unknown;
  return net::to_response(problem);
}

net::task<std::optional<net::http_response>> read_barrier::pass(net::http_exchange& exchange,
                                                                freshness wanted) {
  const net::deadline end = net::deadline::in_ms(longest_wait_ms).earlier_of(exchange.request_deadline);
  if (context_.observed.disagrees()) {
    net::api_error wrong = net::unavailable(context_.options.component(), "NO_MAJORITY",
                                            "this front end's state is not the majority's: it is read anew");
    wrong.outcome = net::api_outcome::unknown;
    co_return net::to_response(wrong);
  }
  if (context_.caught_up && !context_.caught_up())
    co_return net::to_response(net::unavailable(
        context_.options.component(), "STARTING",
        "this front end has started and reads the log; ask again in a second, or ask another front end"));
  std::int64_t offset = wanted.min_offset.value_or(-1);
  if (wanted.linearizable) {
    const result<std::int64_t> log_end = co_await end_of_log_->ask(exchange.client_gone_token());
    if (!log_end) {
      net::api_error problem = net::unavailable(
          context_.options.component(), "NO_QUORUM",
          "where the log ends cannot be known: " + log_end.error().message + "; try again, or read 'stale'");
      problem.outcome = net::api_outcome::unknown;
      co_return net::to_response(problem);
    }
    offset = std::max(offset, *log_end - 1);
  }
  if (offset > context_.observed.applied() &&
      !co_await context_.observed.wait_until_applied(offset, end, exchange.client_gone_token()))
    co_return timed_out(offset);
  co_return std::nullopt;
}

void add_state_headers(const observer& of, net::http_response& response) {
  response.headers.set("X-Offset", std::to_string(of.applied()));
  response.headers.set("X-State-Age-Ms", std::to_string(of.age_ms()));
}

net::http_response state_response(const observer& of, std::string_view object) {
  std::string body = R"({"status":"success","offset":)" + std::to_string(of.applied());
  if (object.size() > 2)
    body.append(",").append(object.substr(1));
  else
    body.push_back('}');
  net::http_response response = net::json_response(std::move(body));
  add_state_headers(of, response);
  response.headers.set("Cache-Control", "no-cache");
  return response;
}

}  // namespace marquee::booking
