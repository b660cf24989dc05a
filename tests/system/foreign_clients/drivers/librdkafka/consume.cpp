#include <chrono>
#include <cstdint>
#include <set>

#include "driver.h"

using nlohmann::json;

namespace {

std::vector<std::pair<std::string, std::string>> options_of(const json& job) {
  const std::string reset = job.value("reset", "none");
  std::vector<std::pair<std::string, std::string>> options = {
      {"group.id", "unused"},
      {"enable.auto.commit", "false"},
      {"enable.partition.eof", "true"},
      {"auto.offset.reset", reset == "none" ? "error" : reset},
      {"isolation.level", job.value("isolation", "read_committed")},
  };
  if (job.contains("fetch_bytes")) {
    options.emplace_back("message.max.bytes", "1000");  // it must not exceed fetch.max.bytes
    options.emplace_back("fetch.max.bytes", std::to_string(std::max(job["fetch_bytes"].get<int>(), 1000)));
  }
  if (job.contains("partition_bytes"))
    options.emplace_back("max.partition.fetch.bytes", job["partition_bytes"].dump());
  return options;
}

std::int64_t place_of(const json& at) {
  if (at.is_number()) return at;
  return at == "latest" ? RD_KAFKA_OFFSET_END : RD_KAFKA_OFFSET_BEGINNING;
}

void tell_record(const rd_kafka_message_t& message) {
  rd_kafka_timestamp_type_t kind;
  const std::int64_t timestamp = rd_kafka_message_timestamp(&message, &kind);
  json headers = json::array();
  rd_kafka_headers_t* found = nullptr;
  if (rd_kafka_message_headers(&message, &found) == RD_KAFKA_RESP_ERR_NO_ERROR) {
    const char* name = nullptr;
    const void* value = nullptr;
    std::size_t size = 0;
    for (std::size_t n = 0;
         rd_kafka_header_get_all(found, n, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR; ++n)
      headers.push_back({name, text_of(value, size)});
  }
  say({{"partition", message.partition},
       {"offset", message.offset},
       {"timestamp", timestamp},
       {"timestamp_type", kind == RD_KAFKA_TIMESTAMP_LOG_APPEND_TIME ? 1 : 0},
       {"key", text_of(message.key, message.key_len)},
       {"value", text_of(message.payload, message.len)},
       {"headers", headers}});
}

}  // namespace

void consume(const json& job) {
  const client consumer(RD_KAFKA_CONSUMER, job, options_of(job));
  rd_kafka_poll_set_consumer(consumer.get());
  const std::string topic = job.at("topic");
  rd_kafka_topic_partition_list_t* places = rd_kafka_topic_partition_list_new(8);
  for (const auto& one : job.at("partitions"))
    rd_kafka_topic_partition_list_add(places, topic.c_str(), one.at("partition"))->offset =
        place_of(one.at("at"));
  const std::size_t partitions = static_cast<std::size_t>(places->cnt);
  rd_kafka_assign(consumer.get(), places);
  rd_kafka_topic_partition_list_destroy(places);
  const auto end =
      std::chrono::steady_clock::now() + std::chrono::milliseconds(job.value("timeout_ms", 20'000));
  std::int64_t missing = job.value("count", INT64_MAX);
  std::set<std::int32_t> at_end;
  while (missing > 0 && std::chrono::steady_clock::now() < end) {
    if (job.value("until_end", false) && at_end.size() == partitions) break;
    rd_kafka_message_t* message = rd_kafka_consumer_poll(consumer.get(), 100);
    if (message == nullptr) continue;
    if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
      at_end.insert(message->partition);
    } else if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
      say({{"consumer_error", rd_kafka_message_errstr(message)}, {"code", static_cast<int>(message->err)}});
    } else {
      --missing;
      tell_record(*message);
    }
    rd_kafka_message_destroy(message);
  }
  say({{"at_end", at_end.size() == partitions}});
  rd_kafka_consumer_close(consumer.get());
}
