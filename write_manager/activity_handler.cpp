#include "write_manager/activity_handler.h"

#include "net/json_body.h"

namespace marquee::write_manager {

namespace {

constexpr std::int64_t refresh_wait_ms = 500;
constexpr std::size_t items_most = 10'000;

/// A member of a group is a consumer like any other.
std::string_view shown_type(db::activity_kind kind) {
  return kind == db::activity_kind::group_member ? "consumer" : db::to_string(kind);
}

db::client_kind client_kind_of(db::activity_kind kind) {
  if (kind == db::activity_kind::consumer) return db::client_kind::consumer;
  return kind == db::activity_kind::group_member ? db::client_kind::group_member : db::client_kind::producer;
}

std::string item_json(const manager_context& context, const db::activity_item& item,
                      const db::metadata_snapshot& metadata) {
  std::string told = "{\"type\":" + net::json_quote(shown_type(item.key.kind)) +
                     ",\"id\":" + net::json_quote(shown_id(context, item));
  if (item.key.kind != db::activity_kind::broker)
    if (const db::topic_pointer topic = metadata.find_topic(item.topic_id))
      told += ",\"topic\":" + net::json_quote(topic->name);
  return told + ",\"last_seen_ms\":" + std::to_string(item.last_seen_ms) + "}";
}

net::task<net::http_response> get_activity(manager_context& context, net::http_exchange& exchange) {
  if (auto may =
          context.authorise(exchange.request, net::operation::describe, {net::resource_kind::cluster, {}});
      !may)
    co_return net::to_response(may.error());
  net::json_body query = net::json_body::from_query(exchange.request);
  const auto type = query.optional_text("type");
  if (type && *type != "producer" && *type != "consumer" && *type != "broker")
    query.refuse("type", "must be producer, consumer or broker");
  const std::int64_t inactive_for_ms = query.integer_or("inactive_for_ms", 0, 0, INT64_MAX);
  if (const auto problem = query.finish())
    co_return net::to_response(net::bad_request(context.component, *problem));
  if (!context.cache.filled())
    co_return net::to_response(context.metadata_unavailable("nothing has been read from PostgreSQL yet"));
  note_activity_of_brokers(context);
  co_await context.activity.refresh(
      exchange.request_deadline.earlier_of(net::deadline::in_ms(refresh_wait_ms)));
  const auto metadata = context.cache.snapshot();
  const std::int64_t now_ms = context.time.wall_ms();
  std::string list;
  std::size_t told = 0;
  for (const db::activity_item& item : context.activity.table().items()) {
    if (type && *type != shown_type(item.key.kind)) continue;
    // Oldest first: whoever comes after has been heard of since.
    if (now_ms - item.last_seen_ms < inactive_for_ms || ++told > items_most) break;
    list += (list.empty() ? "" : ",") + item_json(context, item, *metadata);
  }
  co_return net::json_response("{\"status\":\"success\",\"activity\":[" + list + "]" +
                               (told > items_most ? ",\"more\":true}" : "}"));
}

}  // namespace

std::string shown_id(const manager_context& context, const db::activity_item& item) {
  if (item.key.kind == db::activity_kind::broker) return std::to_string(item.key.number);
  const auto ids = context.cache.ids();
  return ids ? ids->encode({client_kind_of(item.key.kind), item.key.number, item.topic_id})
             : std::to_string(item.key.number);
}

void note_activity_of_brokers(manager_context& context) {
  for (const auto& [id, broker] : context.cache.snapshot()->brokers())
    if (const auto heard = context.registry.last(id)) context.activity.note_broker(id, heard->wall_ms);
}

std::string last_seen_json(const manager_context& context, broker_id broker) {
  if (const auto heard = context.registry.last(broker)) return std::to_string(heard->wall_ms);
  const auto written = context.activity.last_seen_of_broker_ms(broker);
  return written ? std::to_string(*written) : "null";
}

void add_activity_route(net::http_router& router, manager_context& context) {
  router.add("GET", "/activity",
             [&](net::http_exchange& exchange) { return get_activity(context, exchange); });
}

}  // namespace marquee::write_manager
