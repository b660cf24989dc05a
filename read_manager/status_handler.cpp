#include <algorithm>

#include "net/json_body.h"
#include "read_manager/api_errors.h"
#include "read_manager/handlers.h"

namespace marquee::read_manager {

namespace {

/// An answer about a consumer never waits long for a broker that does not answer: its fields are null.
constexpr std::int64_t patience_ms = 2'000;

struct consumer_view {
  consumer_reference who;
  position_map committed;
  std::optional<std::int64_t> last_seen_ms;
};

net::task<net::http_response> describe(services& all, consumer_view view, net::deadline end) {
  const db::topic_pointer topic = all.cache.snapshot()->find_topic(view.who.topic_id);
  partition_set partitions{view.who.topic, view.who.topic_id, {}};
  const std::size_t count = topic ? topic->partitions.size() : view.committed.size();
  for (std::size_t i = 0; i < count; ++i) {
    partitions.partitions.push_back(static_cast<std::int32_t>(i));
    view.committed.try_emplace(static_cast<std::int32_t>(i),
                               0);  // a partition that came later is read from 0
  }
  const position_map ends = co_await all.offsets.offsets_as_far_as_known(
      partitions, kafka::latest_timestamp, end.earlier_of(net::deadline::in_ms(patience_ms)));
  std::string body = R"({"status":"success","consumer":{"topic":)" + net::json_quote(view.who.topic) +
                     R"(,"group":null,"positions":[)";
  bool first = true;
  for (const auto& [partition, offset] : view.committed) {
    const auto high_watermark = ends.find(partition);
    body += std::string(first ? "" : ",") + R"({"partition":)" + std::to_string(partition) + R"(,"offset":)" +
            std::to_string(offset) + R"(,"lag":)" +
            (high_watermark == ends.end()
                 ? "null"
                 : std::to_string(std::max<std::int64_t>(0, high_watermark->second - offset))) +
            "}";
    first = false;
  }
  body += R"(],"last_seen_ms":)" + (view.last_seen_ms ? std::to_string(*view.last_seen_ms) : "null") + "}}";
  net::http_response answer = net::json_response(std::move(body));
  answer.headers.add("Cache-Control", "no-store");
  co_return answer;
}

/// Somebody who only looks does not take a consumer over: without its owner's help the table of positions
/// answers.
net::task<net::http_response> describe_from_table(services& all, net::http_exchange& exchange,
                                                  consumer_reference who, net::deadline end) {
  const result<consumer_record> record = co_await all.positions.read(who.id, end);
  if (!record)
    co_return to_response(
        brokers_unavailable(all.component, record.error().message, net::api_outcome::definite));
  if (record->standing != consumer_record::state::live)
    co_return to_response(consumer_not_found(all.component, who.id));
  if (next_step(*record, all.positions.self(), arrival::direct) == ownership_step::forward &&
      !all.forwarder.was_forwarded(exchange.request)) {
    forward_outcome forwarded = co_await all.forwarder.forward(
        exchange, record->owner, who.id, end.earlier_of(net::deadline::in_ms(patience_ms)));
    if (forwarded.response && !forwarded.not_owner) co_return std::move(*forwarded.response);
  }
  co_return co_await describe(all, {who, record->committed, std::nullopt}, end);
}

}  // namespace

net::task<net::http_response> handle_status(services& all, net::http_exchange& exchange) {
  const std::string id(exchange.path_parameter("id"));
  if (auto problem = all.refuse(exchange, net::operation::describe, net::resource_kind::consumer, id))
    co_return to_response(*problem);
  const net::deadline end = services::end_of(exchange, all.options.request_timeout_ms);
  const auto who = co_await find_consumer(all, id, std::nullopt, end);
  if (!who) co_return to_response(who.error());
  if (all.forwarder.was_forwarded(exchange.request)) (void)co_await exchange.send_interim(102);
  const consumer_pointer owned = all.table.find(id);
  if (!owned) co_return co_await describe_from_table(all, exchange, *who, end);
  // What the consumer's last call committed is under way at most for a moment.
  co_await consumer_committer::settle(owned, end.earlier_of(net::deadline::in_ms(patience_ms)));
  co_return co_await describe(all, {*who, owned->committed, owned->last_seen_ms}, end);
}

}  // namespace marquee::read_manager
