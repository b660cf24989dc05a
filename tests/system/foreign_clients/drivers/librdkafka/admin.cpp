#include <chrono>
#include <cstdint>
#include <memory>

#include "driver.h"

using nlohmann::json;

namespace {

constexpr int patience_ms = 20'000;

template <class T, void (*destroy)(T*)>
using owned = std::unique_ptr<T, decltype([](T* one) { destroy(one); })>;
using owned_event = owned<rd_kafka_event_t, rd_kafka_event_destroy>;
using owned_queue = owned<rd_kafka_queue_t, rd_kafka_queue_destroy>;

owned_event wait(rd_kafka_queue_t* queue) {
  owned_event event(rd_kafka_queue_poll(queue, patience_ms));
  if (!event) throw client_failure(RD_KAFKA_RESP_ERR__TIMED_OUT, "no answer to an administrative call");
  if (const auto code = rd_kafka_event_error(event.get()); code != RD_KAFKA_RESP_ERR_NO_ERROR)
    throw client_failure(code, rd_kafka_event_error_string(event.get()));
  return event;
}

void check(const rd_kafka_topic_result_t* told) {
  const auto code = rd_kafka_topic_result_error(told);
  if (code == RD_KAFKA_RESP_ERR_NO_ERROR) return;
  const char* text = rd_kafka_topic_result_error_string(told);
  throw client_failure(code, text != nullptr ? text : rd_kafka_err2str(code));
}

void create(rd_kafka_t* handle, rd_kafka_queue_t* queue, const json& job) {
  char problem[256];
  owned<rd_kafka_NewTopic_t, rd_kafka_NewTopic_destroy> topic(
      rd_kafka_NewTopic_new(job.at("topic").get<std::string>().c_str(), job.at("partitions"),
                            job.at("replicas"), problem, sizeof problem));
  if (!topic) throw std::runtime_error(problem);
  for (const auto& [name, value] : job.value("config", json::object()).items())
    rd_kafka_NewTopic_set_config(topic.get(), name.c_str(), value.get<std::string>().c_str());
  owned<rd_kafka_AdminOptions_t, rd_kafka_AdminOptions_destroy> options(
      rd_kafka_AdminOptions_new(handle, RD_KAFKA_ADMIN_OP_CREATETOPICS));
  rd_kafka_AdminOptions_set_validate_only(options.get(), job.value("validate_only", false) ? 1 : 0, problem,
                                          sizeof problem);
  rd_kafka_NewTopic_t* wanted = topic.get();
  rd_kafka_CreateTopics(handle, &wanted, 1, options.get(), queue);
  const owned_event event = wait(queue);
  std::size_t count = 0;
  check(rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event.get()), &count)[0]);
}

void remove(rd_kafka_t* handle, rd_kafka_queue_t* queue, const json& job) {
  owned<rd_kafka_DeleteTopic_t, rd_kafka_DeleteTopic_destroy> topic(
      rd_kafka_DeleteTopic_new(job.at("topic").get<std::string>().c_str()));
  rd_kafka_DeleteTopic_t* wanted = topic.get();
  rd_kafka_DeleteTopics(handle, &wanted, 1, nullptr, queue);
  const owned_event event = wait(queue);
  std::size_t count = 0;
  check(rd_kafka_DeleteTopics_result_topics(rd_kafka_event_DeleteTopics_result(event.get()), &count)[0]);
}

json configs(rd_kafka_t* handle, rd_kafka_queue_t* queue, const json& job) {
  owned<rd_kafka_ConfigResource_t, rd_kafka_ConfigResource_destroy> resource(
      rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, job.at("topic").get<std::string>().c_str()));
  rd_kafka_ConfigResource_t* wanted = resource.get();
  rd_kafka_DescribeConfigs(handle, &wanted, 1, nullptr, queue);
  const owned_event event = wait(queue);
  std::size_t count = 0;
  const auto* told = rd_kafka_DescribeConfigs_result_resources(
      rd_kafka_event_DescribeConfigs_result(event.get()), &count)[0];
  if (const auto code = rd_kafka_ConfigResource_error(told); code != RD_KAFKA_RESP_ERR_NO_ERROR)
    throw client_failure(code, rd_kafka_err2str(code));
  const auto** entries = rd_kafka_ConfigResource_configs(told, &count);
  json config = json::object();
  for (std::size_t n = 0; n < count; ++n) {
    const char* value = rd_kafka_ConfigEntry_value(entries[n]);
    config[rd_kafka_ConfigEntry_name(entries[n])] = value != nullptr ? json(value) : json(nullptr);
  }
  return {{"config", config}};
}

json ids(const std::int32_t* first, int count) {
  return std::vector<std::int32_t>(first, first + count);
}

json from_metadata(rd_kafka_t* handle, const json& job) {
  const std::string name = job.value("topic", "");
  rd_kafka_topic_t* one = name.empty() ? nullptr : rd_kafka_topic_new(handle, name.c_str(), nullptr);
  const struct rd_kafka_metadata* told = nullptr;
  const auto code = rd_kafka_metadata(handle, one == nullptr ? 1 : 0, one, &told, patience_ms);
  if (one != nullptr) rd_kafka_topic_destroy(one);
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) throw client_failure(code, rd_kafka_err2str(code));
  json line = {{"topics", json::array()}, {"brokers", json::array()}, {"partitions", json::array()}};
  for (int n = 0; n < told->broker_cnt; ++n)
    line["brokers"].push_back(
        {{"id", told->brokers[n].id}, {"host", told->brokers[n].host}, {"port", told->brokers[n].port}});
  for (int n = 0; n < told->topic_cnt; ++n) {
    line["topics"].push_back(told->topics[n].topic);
    if (told->topics[n].topic != name) continue;
    for (int p = 0; p < told->topics[n].partition_cnt; ++p) {
      const auto& partition = told->topics[n].partitions[p];
      line["partitions"].push_back({{"partition", partition.id},
                                    {"leader", partition.leader},
                                    {"replicas", ids(partition.replicas, partition.replica_cnt)},
                                    {"isr", ids(partition.isrs, partition.isr_cnt)}});
    }
  }
  rd_kafka_metadata_destroy(told);
  line["controller"] = rd_kafka_controllerid(handle, patience_ms);
  char* cluster = rd_kafka_clusterid(handle, patience_ms);
  line["cluster_id"] = cluster != nullptr ? json(cluster) : json(nullptr);
  rd_kafka_mem_free(handle, cluster);
  return line;
}

json offset(rd_kafka_t* handle, const json& job) {
  const std::string topic = job.at("topic");
  std::int64_t low = 0, high = 0;
  if (!job.at("at").is_number()) {
    const auto code = rd_kafka_query_watermark_offsets(handle, topic.c_str(), job.at("partition"), &low,
                                                       &high, patience_ms);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) throw client_failure(code, rd_kafka_err2str(code));
    return {{"offset", job["at"] == "earliest" ? low : high}};
  }
  owned<rd_kafka_topic_partition_list_t, rd_kafka_topic_partition_list_destroy> list(
      rd_kafka_topic_partition_list_new(1));
  auto* place = rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), job.at("partition"));
  place->offset = job["at"];
  const auto code = rd_kafka_offsets_for_times(handle, list.get(), patience_ms);
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) throw client_failure(code, rd_kafka_err2str(code));
  return {{"offset", place->offset}};
}

}  // namespace

void administer(const json& job) {
  const client made(RD_KAFKA_PRODUCER, job, {});
  const owned_queue queue(rd_kafka_queue_new(made.get()));
  const std::string call = job.at("call");
  if (call == "create") {
    create(made.get(), queue.get(), job);
    say({{"created", job["topic"]}});
  } else if (call == "delete") {
    remove(made.get(), queue.get(), job);
    say({{"deleted", job["topic"]}});
  } else if (call == "configs") {
    say(configs(made.get(), queue.get(), job));
  } else if (call == "offset") {
    say(offset(made.get(), job));
  } else {
    say(from_metadata(made.get(), job));
  }
}
