#include "write_manager/metadata_push_codec.h"

#include <nlohmann/json.hpp>

#include "base/logging.h"

namespace marquee::write_manager {

using nlohmann::json;

namespace {

json topic_json(const db::topic_row& topic) {
  json partitions = json::array();
  for (const db::partition_row& partition : topic.partitions) {
    json voters = json::array();
    for (const replica_id& voter : partition.voters)
      voters.push_back({{"broker_id", voter.broker.value()}, {"incarnation", voter.incarnation.value()}});
    partitions.push_back({{"partition", partition.partition.value()}, {"voters", std::move(voters)}});
  }
  return {{"name", topic.name},
          {"topic_id", to_string(topic.topic_id)},
          {"config", topic.config},
          {"routing_epoch", topic.routing_epoch},
          {"deleted", topic.deleted()},
          {"internal", topic.internal},
          {"partitions", std::move(partitions)}};
}

}  // namespace

std::string encode_metadata_push(const db::controller_office& office, const db::metadata_snapshot& metadata,
                                 db::metadata_version from) {
  if (from < metadata.complete_above()) from = 0;
  json topics = json::array();
  json removed = json::array();
  for (const auto& [id, topic] : metadata.topics_by_id()) {
    if (topic->version <= from) continue;
    topics.push_back(topic_json(*topic));
    if (topic->deleted()) removed.push_back(to_string(id));
  }
  json brokers = json::array();
  for (const auto& [id, broker] : metadata.brokers()) {
    // One that was only announced is nobody's peer before it has come.
    if (broker.version <= from || broker.incarnation.value() == 0) continue;
    json told = {{"broker_id", id.value()},       {"incarnation", broker.incarnation.value()},
                 {"host", broker.host},           {"kafka_port", broker.kafka_port},
                 {"raft_port", broker.raft_port}, {"http_port", broker.http_port}};
    if (broker.evicted()) told["evicted"] = true;
    brokers.push_back(std::move(told));
  }
  return json({{"controller_epoch", office.epoch},
               {"controller_holder", office.holder},
               {"cluster_id", to_string(metadata.cluster_id())},
               {"from_version", from},
               {"to_version", metadata.version()},
               {"topics", std::move(topics)},
               {"brokers", std::move(brokers)},
               {"removed_topics", std::move(removed)}})
      .dump();
}

push_answer decode_push_answer(int status, const std::string& body) {
  if (status == 200) return {push_answer::kind::accepted};
  push_answer answer;
  answer.problem = "HTTP " + std::to_string(status);
  const json parsed = json::parse(body, nullptr, false);
  if (!parsed.is_object()) return answer;
  const std::string code = parsed.value("code", "");
  answer.problem += " " + escape_for_log(code) + " " + escape_for_log(parsed.value("message", ""));
  if (status == 503 && code == "NOT_READY") answer.what = push_answer::kind::not_ready;
  if (status == 409 && code == "METADATA_GAP") answer.what = push_answer::kind::gap;
  if (status == 409 && code == "STALE_CONTROLLER") {
    answer.what = push_answer::kind::stale_controller;
    if (const auto found = parsed.find("controller_epoch");
        found != parsed.end() && found->is_number_integer())
      answer.known_epoch = found->get<std::int64_t>();
  }
  return answer;
}

}  // namespace marquee::write_manager
