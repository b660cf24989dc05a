#include "net/json_body.h"
#include "read_manager/api_errors.h"
#include "read_manager/handlers.h"

namespace marquee::read_manager {

namespace {

partition_set partitions_of(const db::topic_row& topic) {
  partition_set all{topic.name, topic.topic_id, {}};
  for (const db::partition_row& partition : topic.partitions)
    all.partitions.push_back(partition.partition.value());
  return all;
}

}  // namespace

net::task<net::http_response> handle_register(services& all, net::http_exchange& exchange) {
  if (auto problem = net::check_json_content_type(exchange.request, all.component))
    co_return to_response(*problem);
  net::json_body body = net::json_body::parse(exchange.request.body);
  const std::string name = body.text("topic");
  const auto group = body.optional_text("group");
  const std::string from = body.optional_text("from").value_or("earliest");
  if (from != "earliest" && from != "latest")
    body.refuse("from", "'from' must be \"earliest\" or \"latest\"");
  if (auto problem = body.finish()) co_return to_response(net::bad_request(all.component, *problem));
  if (auto problem = all.refuse(exchange, net::operation::consume, net::resource_kind::topic, name))
    co_return to_response(*problem);
  if (group) co_return to_response(groups_not_implemented(all.component));

  const net::deadline end = services::end_of(exchange, all.options.request_timeout_ms);
  const auto topic = co_await find_topic(all, name, end);
  if (!topic) co_return to_response(topic.error());

  // `latest` counts from now; `earliest` from what is there now, so that what retention removed before is not
  // reported as skipped.
  const bool latest = from == "latest";
  const result<position_map> start = co_await all.offsets.offsets(
      partitions_of(**topic), latest ? kafka::latest_timestamp : kafka::earliest_timestamp, end);
  if (!start)
    co_return to_response(
        brokers_unavailable(all.component, start.error().message, net::api_outcome::definite));

  db::consumer_row row;
  row.topic_id = (*topic)->topic_id;
  row.from = latest ? db::start_from::latest : db::start_from::earliest;
  row.start_positions = *start;
  const result<std::int64_t> number = co_await all.store.register_consumer(row, all.metadata_end(end));
  if (!number && number.error().code == error_code::not_found)
    co_return to_response(topic_not_found(all.component, name));
  if (!number) co_return to_response(metadata_unavailable(all.component, number.error()));

  const db::client_identity identity{db::client_kind::consumer, *number, (*topic)->topic_id};
  all.activity.note(identity);
  const std::string id = all.cache.ids()->encode(identity);
  const result<command_outcome> registered =
      co_await all.positions.register_consumer({id, name, (*topic)->topic_id}, *start, end);
  if (!registered)
    co_return to_response(
        brokers_unavailable(all.component, registered.error().message, net::api_outcome::definite));
  if (registered->error != kafka::kafka_error::none)
    co_return to_response(brokers_unavailable(
        all.component, "the brokers do not take the new consumer: " + std::string(name_of(registered->error)),
        net::api_outcome::definite));
  net::http_response answer =
      net::json_response(R"({"status":"success","consumer_id":)" + net::json_quote(id) + "}", 201);
  answer.headers.add("X-Metadata-Version", std::to_string(all.cache.version()));
  co_return answer;
}

}  // namespace marquee::read_manager
