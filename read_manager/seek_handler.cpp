#include "net/json_body.h"
#include "read_manager/api_errors.h"
#include "read_manager/handlers.h"
#include "read_manager/position_check.h"

namespace marquee::read_manager {

namespace {

/// Exactly one of these is given.
struct seek_call {
  std::string consumer_id;
  std::optional<std::string> to;
  std::optional<std::int64_t> timestamp;
  position_map positions;
};

std::expected<seek_call, net::api_error> read_call(services& all, net::http_exchange& exchange) {
  if (auto problem = net::check_json_content_type(exchange.request, all.component))
    return std::unexpected(*problem);
  net::json_body body = net::json_body::parse(exchange.request.body);
  seek_call call;
  call.consumer_id = body.text("consumer_id");
  call.to = body.optional_text("to");
  call.timestamp = body.optional_integer("timestamp", 0, INT64_MAX);
  const bool by_position = body.has("positions");
  if (by_position) call.positions = read_positions(body);
  if (call.to && *call.to != "earliest" && *call.to != "latest")
    body.refuse("to", "'to' must be \"earliest\" or \"latest\"");
  if (int{call.to.has_value()} + int{call.timestamp.has_value()} + int{by_position} != 1)
    body.refuse("", "give exactly one of 'to', 'timestamp' and 'positions'");
  if (auto problem = body.finish()) return std::unexpected(net::bad_request(all.component, *problem));
  return call;
}

/// Where to go on in each partition.
net::task<std::expected<position_map, net::api_error>> find_target(services& all, consumer_pointer consumer,
                                                                   const seek_call& call, net::deadline end) {
  if (!call.positions.empty()) {
    if (auto problem = co_await check_positions(all, consumer, call.positions, end))
      co_return std::unexpected(*problem);
    co_return call.positions;
  }
  const partition_set partitions = consumer->all_partitions();
  const std::int64_t timestamp = call.timestamp           ? *call.timestamp
                                 : *call.to == "earliest" ? kafka::earliest_timestamp
                                                          : kafka::latest_timestamp;
  result<position_map> found = co_await all.offsets.offsets(partitions, timestamp, end);
  if (found && call.timestamp) {
    // No record is that young: reading goes on with what comes.
    const result<position_map> last = co_await all.offsets.offsets(partitions, kafka::latest_timestamp, end);
    if (!last) found = fail(last);
    for (auto& [number, offset] : *found)
      if (last && offset < 0) offset = last->at(number);
  }
  if (!found)
    co_return std::unexpected(
        brokers_unavailable(all.component, found.error().message, net::api_outcome::definite));
  co_return *found;
}

net::task<std::optional<net::http_response>> seek_here(services& all, consumer_pointer consumer,
                                                       const seek_call& call, net::deadline end) {
  const std::optional<consumer_turn> turn = co_await consumer_turn::take(consumer, end);
  if (!turn && consumer->lost) co_return std::nullopt;
  if (!turn) co_return consumer_turn::busy(all);
  note_use(all, *consumer);
  const auto target = co_await find_target(all, consumer, call, end);
  if (!target) co_return to_response(target.error());
  const result<> done = co_await all.committer.commit(consumer, *target, end);
  if (consumer->lost) co_return std::nullopt;
  if (!done)
    co_return to_response(
        brokers_unavailable(all.component, done.error().message, net::api_outcome::unknown));
  consumer->session.seek(*target);
  co_return net::json_response(R"({"status":"success"})");
}

}  // namespace

net::task<net::http_response> handle_seek(services& all, net::http_exchange& exchange) {
  const auto call = read_call(all, exchange);
  if (!call) co_return to_response(call.error());
  const net::deadline end = services::end_of(exchange, all.options.request_timeout_ms);
  const auto work = [&](consumer_pointer consumer) {
    return seek_here(all, std::move(consumer), *call, end);
  };
  co_return co_await serve_owned(
      all, exchange, {call->consumer_id}, end, work,
      brokers_unavailable(all.component, "no manager could move the consumer in time",
                          net::api_outcome::unknown));
}

}  // namespace marquee::read_manager
