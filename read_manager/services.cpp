#include "read_manager/services.h"

#include <algorithm>

#include "net/cluster_secret.h"
#include "read_manager/api_errors.h"

namespace marquee::read_manager {

namespace {

/// Reads what is newer in PostgreSQL. Nothing, or the answer when that is impossible.
net::task<std::optional<net::api_error>> refresh_metadata(services& all, net::deadline end) {
  const result<> refreshed = co_await all.follower.refresh(all.metadata_end(end));
  if (!refreshed) co_return metadata_unavailable(all.component, refreshed.error());
  co_return std::nullopt;
}

}  // namespace

net::deadline services::end_of(const net::http_exchange& exchange, std::int64_t limit_ms) {
  net::deadline end = net::deadline::in_ms(limit_ms);
  if (!exchange.request_deadline.is_never()) {
    const std::int64_t left = exchange.request_deadline.remaining_ms();
    end = end.earlier_of(net::deadline::in_ms(left - std::min<std::int64_t>(left / 10, 100)));
  }
  return end;
}

net::deadline services::metadata_end(net::deadline end) const {
  return end.earlier_of(net::deadline::in_ms(options.postgres_timeout_ms));
}

std::optional<net::api_error> services::refuse(const net::http_exchange& exchange, net::operation what,
                                               net::resource_kind kind, std::string_view name) const {
  if (access.allows(net::principal_of(exchange.request, secret), what, {kind, name})) return std::nullopt;
  return forbidden(component);
}

net::task<std::expected<db::topic_pointer, net::api_error>> find_topic(services& all, std::string name,
                                                                       net::deadline end) {
  // Internal topics are nobody's business outside.
  if (name.starts_with("__")) co_return std::unexpected(topic_not_found(all.component, name));
  db::topic_pointer topic = all.cache.snapshot()->find_topic(name);
  if (!topic) {
    if (auto problem = co_await refresh_metadata(all, end)) co_return std::unexpected(*problem);
    topic = all.cache.snapshot()->find_topic(name);
  }
  if (!topic || topic->internal) co_return std::unexpected(topic_not_found(all.component, name));
  co_return topic;
}

net::task<std::expected<consumer_reference, net::api_error>> find_consumer(services& all,
                                                                           std::string consumer_id,
                                                                           std::optional<std::string> topic,
                                                                           net::deadline end) {
  if (!all.cache.filled())
    if (auto problem = co_await refresh_metadata(all, end)) co_return std::unexpected(*problem);
  const auto ids = all.cache.ids();
  const auto identity = ids ? ids->decode(consumer_id) : std::nullopt;
  if (identity && identity->kind == db::client_kind::group_member)
    co_return std::unexpected(groups_not_implemented(all.component));
  if (!identity || identity->kind != db::client_kind::consumer ||
      all.cache.consumer_deleted(identity->number))
    co_return std::unexpected(consumer_not_found(all.component, consumer_id));
  if (topic) {
    auto named = co_await find_topic(all, *topic, end);
    if (!named) co_return std::unexpected(named.error());
    // A consumer of a topic that is not known yet: the name may belong to a younger topic by now.
    if (!all.cache.snapshot()->find_topic(identity->topic_id)) {
      if (auto problem = co_await refresh_metadata(all, end)) co_return std::unexpected(*problem);
      named = co_await find_topic(all, *topic, end);
      if (!named) co_return std::unexpected(named.error());
    }
    if ((*named)->topic_id != identity->topic_id)
      co_return std::unexpected(consumer_not_registered(all.component, consumer_id, *topic));
    co_return consumer_reference{consumer_id, (*named)->name, identity->topic_id};
  }
  db::topic_pointer own = all.cache.snapshot()->find_topic(identity->topic_id);
  if (!own) {
    if (auto problem = co_await refresh_metadata(all, end)) co_return std::unexpected(*problem);
    own = all.cache.snapshot()->find_topic(identity->topic_id);
  }
  if (!own || own->deleted())
    co_return std::unexpected(
        topic_not_found(all.component, own ? own->name : to_string(identity->topic_id)));
  co_return consumer_reference{consumer_id, own->name, identity->topic_id};
}

net::task<net::http_response> serve_owned(services& all, net::http_exchange& exchange, consumer_call call,
                                          net::deadline end, owned_work work, net::api_error too_late) {
  if (auto problem = all.refuse(exchange, call.what, net::resource_kind::consumer, call.consumer_id))
    co_return to_response(*problem);
  const auto who = co_await find_consumer(all, call.consumer_id, call.topic, end);
  if (!who) co_return to_response(who.error());
  while (!end.passed()) {
    routed where = co_await all.router.route(exchange, *who, end);
    if (auto* answer = std::get_if<net::http_response>(&where)) co_return std::move(*answer);
    if (auto answer = co_await work(std::get<consumer_pointer>(where))) co_return std::move(*answer);
  }
  co_return to_response(too_late);
}

void note_use(services& all, owned_consumer& consumer) {
  consumer.last_seen_ms = all.time.wall_ms();
  consumer.last_used_us = all.time.monotonic_us();
  if (const auto ids = all.cache.ids())
    if (const auto identity = ids->decode(consumer.who.id)) all.activity.note(*identity);
  refresh_partitions(all, consumer);
}

void refresh_partitions(services& all, owned_consumer& consumer) {
  if (const db::topic_pointer topic = all.cache.snapshot()->find_topic(consumer.who.topic_id))
    consumer.set_partition_count(static_cast<std::int32_t>(topic->partitions.size()));
}

net::http_response consumer_turn::busy(const services& all) {
  return to_response(net::unavailable(all.component, "CONSUMER_BUSY",
                                      "another request of this consumer is still being answered"));
}

net::task<std::optional<consumer_turn>> consumer_turn::take(consumer_pointer consumer, net::deadline end) {
  while (consumer->busy && !consumer->lost) {
    const std::uint64_t seen = consumer->changed.generation();
    if (!consumer->busy) break;
    if (co_await consumer->changed.wait(seen, end) != net::wake_reason::woken) co_return std::nullopt;
  }
  if (consumer->lost) co_return std::nullopt;
  consumer->busy = true;
  co_return consumer_turn(std::shared_ptr<void>(nullptr, [consumer](void*) {
    consumer->busy = false;
    consumer->changed.wake_all();
  }));
}

}  // namespace marquee::read_manager
