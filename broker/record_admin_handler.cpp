#include "broker/record_admin_handler.h"

#include <limits>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/base64.h"
#include "base/utf8.h"
#include "broker/fetch_reader.h"
#include "broker/produce_handler.h"
#include "broker/replica_lookup.h"
#include "kafka/record_batch_builder.h"
#include "kafka/record_cursor.h"
#include "net/api_error.h"
#include "net/json_body.h"

namespace marquee::broker {

namespace {

using kafka::kafka_error;
using net::http_response;
using nlohmann::json;

constexpr std::int64_t store_timeout_ms = 10'000;
constexpr std::int64_t answer_timeout_ms = 5'000;
constexpr std::int64_t records_most = 1'000;
constexpr std::size_t read_bytes_most = std::size_t{4} << 20;
constexpr std::int16_t produce_version = 11;

kafka::produce_request one_record(const std::string& topic, std::int32_t partition, std::int64_t now_ms,
                                  const std::optional<std::string>& key, const std::string& value) {
  kafka::record_batch_builder builder;
  builder.add({.timestamp_ms = now_ms,
               .key = key ? std::optional(as_bytes(*key)) : std::nullopt,
               .value = as_bytes(value),
               .headers = {}});
  kafka::produce_request request;
  request.acks = -1;
  request.timeout_ms = store_timeout_ms;
  auto& asked = request.topics.emplace_back();
  asked.name = topic;
  auto& part = asked.partitions.emplace_back();
  part.index = partition;
  part.records = kafka::byte_chain(shared_bytes::of(builder.finish()));
  return request;
}

http_response answer_store(const internal_routes_environment& environment, const broker_services& services,
                           const asked_partition& asked, const kafka::produce_response& response,
                           const std::optional<raft::group_leader>& leader) {
  const auto& told = response.topics.front().partitions.front();
  if (told.error == kafka_error::none)
    return net::json_response(json{{"status", "success"},
                                   {"broker_id", services.self.broker.value()},
                                   {"offset", told.base_offset},
                                   {"term", leader ? json(leader->term.value()) : json(nullptr)}}
                                  .dump());
  if (told.error == kafka_error::not_leader_or_follower) {
    const bool other = leader && leader->leader.broker != services.self.broker;
    return not_leader(services, environment.component, asked,
                      other ? std::optional(leader->leader.broker) : std::nullopt);
  }
  if (told.error == kafka_error::request_timed_out || told.error == kafka_error::not_enough_replicas ||
      told.error == kafka_error::not_enough_replicas_after_append) {
    net::api_error late = net::unavailable(
        environment.component, "NOT_ENOUGH_REPLICAS",
        "no majority of the replicas acknowledged the record in time; it may still be stored");
    late.outcome = net::api_outcome::unknown;
    return net::to_response(late);
  }
  return refusal(environment.component, 422, "REFUSED",
                 told.error_message.value_or("the record was refused: Kafka error " +
                                             std::to_string(static_cast<int>(told.error))));
}

/// Bytes as text where they are text.
void put_bytes(json& record, const std::string& name, const std::optional<bytes_view>& data) {
  if (!data)
    record[name] = nullptr;
  else if (is_valid_utf8(as_text(*data)))
    record[name] = std::string(as_text(*data));
  else
    record[name + "_base64"] = base64_encode(*data);
}

/// The records of whole batches, from `from` on.
result<json> decode_records(const shared_bytes& batches, std::int64_t from, std::int64_t below,
                            std::int64_t count) {
  json records = json::array();
  bytes_view rest = batches.view();
  while (rest.size() >= kafka::batch_layout::header_size) {
    const auto header = kafka::read_batch_header(rest);
    if (!header) return fail(header);
    if (header->batch_length < 0 || header->total_size() > rest.size())
      return fail(error_code::corrupt, "a stored batch is cut off");
    kafka::record_cursor cursor(rest.subspan(0, header->total_size()));
    kafka::record_view view;
    while (cursor.next(view)) {
      if (view.offset < from || view.offset >= below) continue;
      if (static_cast<std::int64_t>(records.size()) >= count) return records;
      json record = {{"offset", view.offset}, {"timestamp_ms", view.timestamp_ms}};
      put_bytes(record, "key", view.key);
      put_bytes(record, "value", view.value);
      records.push_back(std::move(record));
    }
    if (cursor.failed()) return fail(error_code::corrupt, "a stored batch cannot be read");
    rest = rest.subspan(header->total_size());
  }
  return records;
}

/// On the partition's thread.
result<json> read_here(const partition& served, std::int64_t offset, std::int64_t count) {
  if (served.is_stopped() || !served.replica().fenced().empty())
    return fail(error_code::unavailable, "this replica does not serve: " + served.replica().fenced());
  const record_offset high_watermark = served.state().next_offset();
  const record_offset from = std::max(record_offset(offset), served.log_start_offset());
  const auto found = read_batches(served.replica().log(), from, high_watermark,
                                  {.max_bytes = read_bytes_most, .first = first_batch::always});
  if (!found) return fail(found);
  auto records = decode_records(found->data.joined(), from.value(), high_watermark.value(), count);
  if (!records) return fail(records);
  const auto leader = served.replica().leader();
  return json{{"status", "success"},
              {"broker_id", served.replica().self().broker.value()},
              {"role", served.replica().is_leader() ? "leader" : "follower"},
              {"leader", leader ? json(leader->broker.value()) : json(nullptr)},
              {"term", served.replica().term().value()},
              {"log_start_offset", served.log_start_offset().value()},
              {"high_watermark", high_watermark.value()},
              {"records", std::move(*records)}};
}

}  // namespace

net::task<http_response> store_record(const internal_routes_environment& environment,
                                      broker_services& services, net::http_exchange& exchange) {
  net::json_body body = net::json_body::parse(exchange.request.body);
  const asked_partition asked = read_asked_partition(body);
  const std::string value = body.text("value");
  const std::optional<std::string> key = body.optional_text("key");
  if (const auto wrong = body.finish())
    co_return net::to_response(net::bad_request(environment.component, *wrong));
  const auto topic_id = find_topic_id(services, asked.topic);
  const metadata_snapshot metadata = services.catalog.snapshot();
  const topic_metadata* topic = topic_id ? metadata->find(*topic_id) : nullptr;
  if (topic == nullptr || !find_replica(services, asked)) co_return no_replica(environment.component, asked);
  const auto response = co_await produce_handler(services).handle(
      one_record(topic->name, asked.partition, services.time.wall_ms(), key, value),
      {.version = produce_version, .gone = exchange.client_gone_token()});
  const auto leader = services.host.leaders().find({topic->topic_id, partition_id(asked.partition)});
  co_return answer_store(environment, services, asked, response, leader);
}

net::task<http_response> retrieve_records(const internal_routes_environment& environment,
                                          broker_services& services, net::http_exchange& exchange) {
  net::json_body body = net::json_body::parse(exchange.request.body);
  const asked_partition asked = read_asked_partition(body);
  const std::int64_t offset = body.integer_or("offset", 0, 0, std::numeric_limits<std::int64_t>::max());
  const std::int64_t count = body.integer_or("count", 10, 1, records_most);
  if (const auto wrong = body.finish())
    co_return net::to_response(net::bad_request(environment.component, *wrong));
  const replica_pointer replica = find_replica(services, asked);
  if (!replica) co_return no_replica(environment.component, asked);
  auto coming = ask_partition<json>(
      replica, [offset, count](const partition& served, const net::promise<json>& promise) {
        promise.set(read_here(served, offset, count));
      });
  const auto told =
      co_await coming.wait(net::deadline::in_ms(answer_timeout_ms), exchange.client_gone_token());
  if (told) co_return net::json_response(told->dump(-1, ' ', false, json::error_handler_t::replace));
  if (told.error().code == error_code::timed_out) co_return no_answer(environment.component);
  co_return net::to_response(net::unavailable(environment.component, "CANNOT_READ", told.error().message));
}

}  // namespace marquee::broker
