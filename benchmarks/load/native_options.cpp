#include "benchmarks/load/native_options.h"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <map>
#include <stdexcept>

namespace marquee::load {

namespace {

using setting_map = std::map<std::string, std::string>;

struct metadata_closer {
  void operator()(const rd_kafka_metadata_t* metadata) const { rd_kafka_metadata_destroy(metadata); }
};

void add_given(setting_map& settings, const native_options& options) {
  for (const std::string& setting : options.settings) {
    const std::size_t sign = setting.find('=');
    if (sign == std::string::npos) throw std::runtime_error("--set " + setting + " is not NAME=VALUE");
    settings[setting.substr(0, sign)] = setting.substr(sign + 1);
  }
}

native_client make_client(rd_kafka_type_t type, setting_map settings, const native_options& options,
                          delivery_callback on_delivery, void* opaque) {
  add_given(settings, options);
  rd_kafka_conf_t* configuration = rd_kafka_conf_new();
  char problem[512] = "";
  for (const auto& [name, value] : settings)
    if (rd_kafka_conf_set(configuration, name.c_str(), value.c_str(), problem, sizeof problem) !=
        RD_KAFKA_CONF_OK) {
      rd_kafka_conf_destroy(configuration);
      throw std::runtime_error(problem);
    }
  if (on_delivery != nullptr) rd_kafka_conf_set_dr_msg_cb(configuration, on_delivery);
  rd_kafka_conf_set_opaque(configuration, opaque);
  rd_kafka_t* client = rd_kafka_new(type, configuration, problem, sizeof problem);
  if (client == nullptr) {
    rd_kafka_conf_destroy(configuration);
    throw std::runtime_error(problem);
  }
  return native_client(client);
}

setting_map common_settings(const native_options& options) {
  return {{"bootstrap.servers", options.brokers},
          {"message.max.bytes", "10000000"},
          {"log_level", "2"},
          {"allow.auto.create.topics", "false"},
          {"topic.metadata.refresh.interval.ms", "60000"}};
}

}  // namespace

void native_options::describe(CLI::App& app) {
  load.describe(app);
  app.add_option("--brokers", brokers, "HOST:PORT,...");
  app.add_option("--in-flight", in_flight, "records of a producer that wait for their acknowledgement")
      ->check(CLI::Range(1, 10'000'000));
  app.add_option("--requests-in-flight", requests_in_flight, "of a producer, at each broker")
      ->check(CLI::Range(1, 1'000'000));
  app.add_option("--linger-ms", linger_ms, "how long a batch waits for more")
      ->check(CLI::Range(0.0, 60'000.0));
  app.add_option("--acks", acks)->check(CLI::IsMember({"all", "0", "1", "-1"}));
  app.add_flag("--idempotence,!--no-idempotence", idempotent, "needs --acks all");
  app.add_option("--batch-bytes", batch_bytes, "of a batch, at most")->check(CLI::Range(1, 10'000'000));
  app.add_option("--fetch-bytes", fetch_bytes, "of a partition in one answer")
      ->check(CLI::Range(1, 1'000'000'000));
  app.add_flag("--rewind,!--no-rewind", rewinds, "consume: begin again at the end of the topic");
  app.add_option("--partitioning", partitioning, "of records without a key")
      ->check(CLI::IsMember({"sticky", "round-robin"}));
  app.add_option("--set", settings, "a setting of librdkafka, NAME=VALUE");
}

native_client make_producer(const native_options& options, delivery_callback on_delivery, void* opaque) {
  setting_map settings = common_settings(options);
  const bool is_idempotent = options.idempotent && (options.acks == "all" || options.acks == "-1");
  settings["acks"] = options.acks;
  settings["enable.idempotence"] = is_idempotent ? "true" : "false";
  settings["linger.ms"] = std::to_string(options.linger_ms);
  settings["batch.num.messages"] = std::to_string(options.load.batch);
  settings["batch.size"] = std::to_string(options.batch_bytes);
  settings["max.in.flight.requests.per.connection"] = std::to_string(options.requests_in_flight);
  settings["queue.buffering.max.messages"] = "10000000";
  settings["queue.buffering.max.kbytes"] = "1048576";
  settings["message.timeout.ms"] =
      std::to_string(static_cast<std::int64_t>(options.load.timeout_seconds * 1000));
  return make_client(RD_KAFKA_PRODUCER, std::move(settings), options, on_delivery, opaque);
}

native_client make_consumer(const native_options& options) {
  setting_map settings = common_settings(options);
  settings["enable.auto.commit"] = "false";
  settings["fetch.message.max.bytes"] = std::to_string(options.fetch_bytes);
  settings["fetch.wait.max.ms"] = "100";
  settings["queued.min.messages"] = "100000";
  return make_client(RD_KAFKA_CONSUMER, std::move(settings), options, nullptr, nullptr);
}

native_topic open_topic(const native_client& client, const native_options& options) {
  rd_kafka_topic_t* topic = rd_kafka_topic_new(client.get(), options.load.topic.c_str(), nullptr);
  if (topic == nullptr) throw std::runtime_error(rd_kafka_err2str(rd_kafka_last_error()));
  return native_topic(topic);
}

std::int32_t count_partitions(const native_client& client, const native_options& options) {
  const native_topic topic = open_topic(client, options);
  const rd_kafka_metadata_t* answer = nullptr;
  const auto problem = rd_kafka_metadata(client.get(), 0, topic.get(), &answer, 10'000);
  if (problem != RD_KAFKA_RESP_ERR_NO_ERROR)
    throw std::runtime_error("metadata of " + options.load.topic + ": " + rd_kafka_err2str(problem));
  const std::unique_ptr<const rd_kafka_metadata_t, metadata_closer> metadata(answer);
  if (metadata->topic_cnt != 1 || metadata->topics[0].partition_cnt == 0)
    throw std::runtime_error("topic " + options.load.topic + ": " +
                             rd_kafka_err2str(metadata->topic_cnt == 1 ? metadata->topics[0].err
                                                                       : RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC) +
                             "; create it first");
  return metadata->topics[0].partition_cnt;
}

}  // namespace marquee::load
