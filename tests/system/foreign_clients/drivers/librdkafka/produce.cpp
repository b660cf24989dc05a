#include <chrono>
#include <cstdint>
#include <thread>

#include "driver.h"

using nlohmann::json;

namespace {

void tell_delivery(rd_kafka_t* handle, const rd_kafka_message_t* message, void*) {
  json line = {{"n", reinterpret_cast<std::intptr_t>(message->_private)}};
  if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
    char text[256];
    line["error"] = rd_kafka_err2str(message->err);
    line["code"] = static_cast<int>(message->err);
    line["fatal"] = rd_kafka_fatal_error(handle, text, sizeof text) != RD_KAFKA_RESP_ERR_NO_ERROR;
  } else {
    line["partition"] = message->partition;
    line["offset"] = message->offset;
    line["timestamp"] = rd_kafka_message_timestamp(message, nullptr);
  }
  say(line);
}

std::vector<std::pair<std::string, std::string>> options_of(const json& job) {
  std::vector<std::pair<std::string, std::string>> options = {
      {"enable.idempotence", job.value("idempotent", false) ? "true" : "false"},
      {"acks", std::to_string(job.value("acks", -1))},
      {"compression.type", job.value("compression", "none")},
      {"linger.ms", std::to_string(job.value("linger_ms", 0))},
      {"delivery.timeout.ms", std::to_string(job.value("timeout_ms", 60'000))},
      {"request.timeout.ms", "10000"},
      {"socket.timeout.ms", "12000"},
  };
  if (job.contains("batch_bytes")) options.emplace_back("batch.size", job["batch_bytes"].dump());
  if (job.contains("request_bytes")) options.emplace_back("message.max.bytes", job["request_bytes"].dump());
  if (job.contains("partitioner")) options.emplace_back("partitioner", job["partitioner"].get<std::string>());
  return options;
}

rd_kafka_headers_t* headers_of(const json& record) {
  rd_kafka_headers_t* made = rd_kafka_headers_new(4);
  for (const auto& header : record.value("headers", json::array())) {
    const std::string name = header[0];
    const std::string value = header[1].is_null() ? "" : bytes_of(header[1]);
    rd_kafka_header_add(made, name.data(), static_cast<ssize_t>(name.size()),
                        header[1].is_null() ? nullptr : value.data(), static_cast<ssize_t>(value.size()));
  }
  return made;
}

rd_kafka_resp_err_t send(rd_kafka_t* handle, const json& job, const json& record, std::intptr_t number) {
  const auto optional = [&](const char* name) { return record.contains(name) && !record[name].is_null(); };
  const std::string key = optional("key") ? bytes_of(record["key"]) : "";
  const std::string value = optional("value") ? bytes_of(record["value"]) : "";
  rd_kafka_headers_t* headers = headers_of(record);
  const std::string topic = job.at("topic");
  const auto failed = rd_kafka_producev(
      handle, RD_KAFKA_V_TOPIC(topic.c_str()), RD_KAFKA_V_PARTITION(record.value("partition", -1)),
      RD_KAFKA_V_KEY(optional("key") ? key.data() : nullptr, key.size()),
      RD_KAFKA_V_VALUE(optional("value") ? const_cast<char*>(value.data()) : nullptr, value.size()),
      RD_KAFKA_V_TIMESTAMP(record.value("timestamp", std::int64_t{0})), RD_KAFKA_V_HEADERS(headers),
      RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY | RD_KAFKA_MSG_F_BLOCK),
      RD_KAFKA_V_OPAQUE(reinterpret_cast<void*>(number)), RD_KAFKA_V_END);
  if (failed != RD_KAFKA_RESP_ERR_NO_ERROR) rd_kafka_headers_destroy(headers);
  return failed;
}

}  // namespace

void produce(const json& job) {
  const client producer(RD_KAFKA_PRODUCER, job, options_of(job), tell_delivery);
  const int pace = job.value("pace_per_s", 0);
  std::intptr_t number = 0;
  for (const auto& record : job.at("records")) {
    const auto failed = send(producer.get(), job, record, number);
    if (failed != RD_KAFKA_RESP_ERR_NO_ERROR)
      say({{"n", number}, {"error", rd_kafka_err2str(failed)}, {"code", static_cast<int>(failed)}});
    rd_kafka_poll(producer.get(), 0);
    if (pace > 0 && ++number % 10 == 0) std::this_thread::sleep_for(std::chrono::milliseconds(10'000 / pace));
    if (pace <= 0) ++number;
  }
  rd_kafka_flush(producer.get(), job.value("timeout_ms", 60'000));
}
