#include "broker/metadata_codec.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "net/json_body.h"

namespace marquee::broker {

namespace {

using nlohmann::json;

constexpr int format_version = 1;

/// Thrown within this file only: JSON's own accessors throw as well.
struct bad_field : std::runtime_error {
  using std::runtime_error::runtime_error;
};

uuid read_uuid(const json& value) {
  const auto id = uuid::parse(value.get<std::string>());
  if (!id) throw bad_field("'" + value.get<std::string>() + "' is not a UUID");
  return *id;
}

/// nlohmann's own conversions cut what does not fit.
template <class Integer>
Integer integer(const json& item, const char* name) {
  const json& value = item.at(name);
  if (!value.is_number_integer()) throw bad_field(std::string(name) + " is not an integer");
  const bool fits = value.is_number_unsigned() ? std::in_range<Integer>(value.get<std::uint64_t>())
                                               : std::in_range<Integer>(value.get<std::int64_t>());
  if (!fits) throw bad_field(std::string(name) + " is out of range");
  return value.get<Integer>();
}

std::uint16_t read_port(const json& item, const char* name) {
  return item.contains(name) ? integer<std::uint16_t>(item, name) : std::uint16_t{0};
}

replica_id read_replica(const json& item) {
  return {broker_id(integer<std::int32_t>(item, "broker_id")),
          incarnation_id(integer<std::int64_t>(item, "incarnation"))};
}

std::string scalar_text(const json& value) {
  return value.is_string() ? value.get<std::string>() : value.dump();
}

topic_metadata read_topic(const json& item) {
  topic_metadata topic;
  topic.name = item.value("name", "");
  topic.topic_id = read_uuid(item.at("topic_id"));
  if (item.contains("config"))
    for (const auto& [key, value] : item.at("config").items()) topic.config[key] = scalar_text(value);
  topic.routing_epoch = item.contains("routing_epoch") ? integer<std::int32_t>(item, "routing_epoch") : 0;
  topic.deleted = item.value("deleted", false);
  topic.internal = item.value("internal", topic.name.starts_with(internal_prefix));
  if (!item.contains("partitions")) return topic;
  for (const json& one : item.at("partitions")) {
    partition_metadata partition;
    partition.partition = partition_id(integer<std::int32_t>(one, "partition"));
    for (const json& voter : one.at("voters")) partition.voters.push_back(read_replica(voter));
    topic.partitions.push_back(std::move(partition));
  }
  return topic;
}

broker_metadata read_broker(const json& item) {
  return {.replica = read_replica(item),
          .host = item.at("host").get<std::string>(),
          .kafka_port = read_port(item, "kafka_port"),
          .raft_port = read_port(item, "raft_port"),
          .http_port = read_port(item, "http_port"),
          .evicted = item.value("evicted", false)};
}

metadata_push read_push(const json& body) {
  metadata_push push;
  push.controller_epoch = integer<std::int64_t>(body, "controller_epoch");
  push.controller_holder = body.at("controller_holder").get<std::string>();
  push.cluster_id = read_uuid(body.at("cluster_id"));
  push.from_version = integer<std::int64_t>(body, "from_version");
  push.to_version = integer<std::int64_t>(body, "to_version");
  if (body.contains("topics"))
    for (const json& topic : body.at("topics")) push.topics.push_back(read_topic(topic));
  if (body.contains("brokers"))
    for (const json& broker : body.at("brokers")) push.brokers.push_back(read_broker(broker));
  if (body.contains("removed_topics"))
    for (const json& id : body.at("removed_topics")) push.removed_topics.push_back(read_uuid(id));
  return push;
}

json voters_json(const std::vector<replica_id>& voters) {
  json list = json::array();
  for (const replica_id& voter : voters)
    list.push_back({{"broker_id", voter.broker.value()}, {"incarnation", voter.incarnation.value()}});
  return list;
}

json topic_json(const topic_metadata& topic) {
  json partitions = json::array();
  for (const partition_metadata& partition : topic.partitions)
    partitions.push_back(
        {{"partition", partition.partition.value()}, {"voters", voters_json(partition.voters)}});
  return {{"name", topic.name},
          {"topic_id", to_string(topic.topic_id)},
          {"config", topic.config},
          {"routing_epoch", topic.routing_epoch},
          {"deleted", topic.deleted},
          {"internal", topic.internal},
          {"partitions", std::move(partitions)}};
}

json broker_json(const broker_metadata& broker) {
  json told = {{"broker_id", broker.replica.broker.value()},
               {"incarnation", broker.replica.incarnation.value()},
               {"host", broker.host},
               {"kafka_port", broker.kafka_port},
               {"raft_port", broker.raft_port},
               {"http_port", broker.http_port}};
  if (broker.evicted) told["evicted"] = true;
  return told;
}

}  // namespace

result<metadata_push> decode_metadata_push(std::string_view text) {
  const auto body = net::parse_json(text);
  if (!body) return fail(error_code::invalid_argument, body.error().message);
  try {
    return read_push(*body);
  } catch (const std::exception& problem) {
    return fail(error_code::invalid_argument, problem.what());
  }
}

std::string encode_metadata(const cluster_metadata& metadata) {
  json topics = json::array();
  for (const auto& [id, topic] : metadata.topics) topics.push_back(topic_json(topic));
  json brokers = json::array();
  for (const auto& [id, broker] : metadata.brokers) brokers.push_back(broker_json(broker));
  const json body = {{"format_version", format_version},
                     {"controller_epoch", metadata.controller_epoch},
                     {"controller_holder", metadata.controller_holder},
                     {"cluster_id", to_string(metadata.cluster_id)},
                     {"from_version", 0},
                     {"to_version", metadata.version},
                     {"topics", std::move(topics)},
                     {"brokers", std::move(brokers)}};
  return body.dump(1, ' ', false, json::error_handler_t::replace);
}

result<cluster_metadata> decode_metadata(std::string_view text) {
  const auto body = net::parse_json(text);
  if (!body) return fail(error_code::corrupt, body.error().message);
  try {
    if (integer<std::int64_t>(*body, "format_version") > format_version)
      return fail(error_code::unsupported, "the file has format " + body->at("format_version").dump() +
                                               ", this release reads up to " +
                                               std::to_string(format_version));
    cluster_metadata metadata;
    (void)metadata.apply(read_push(*body));
    return metadata;
  } catch (const std::exception& problem) {
    return fail(error_code::corrupt, problem.what());
  }
}

}  // namespace marquee::broker
