#pragma once

#include <librdkafka/rdkafka.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "benchmarks/load/load_options.h"

namespace marquee::load {

/// What the load over the Kafka protocol can be told besides.
struct native_options {
  load_options load;
  std::string brokers = "127.0.0.1:9092";
  std::int64_t in_flight = 100'000;     ///< records of a producer that may wait for their acknowledgement
  std::int64_t requests_in_flight = 5;  ///< of a producer, at each broker
  double linger_ms = 5;
  std::string acks = "all";
  bool idempotent = true;
  std::int64_t batch_bytes = 1'000'000;
  std::int64_t fetch_bytes = 1'048'576;  ///< of a partition in one answer
  bool rewinds = true;
  std::string partitioning = "sticky";  ///< for records without a key: "sticky" or "round-robin"
  std::vector<std::string> settings;    ///< of librdkafka, NAME=VALUE; they come last

  void describe(CLI::App& app);
};

struct client_closer {
  void operator()(rd_kafka_t* client) const { rd_kafka_destroy(client); }
};
struct topic_closer {
  void operator()(rd_kafka_topic_t* topic) const { rd_kafka_topic_destroy(topic); }
};
struct queue_closer {
  void operator()(rd_kafka_queue_t* queue) const { rd_kafka_queue_destroy(queue); }
};
using native_client = std::unique_ptr<rd_kafka_t, client_closer>;
using native_topic = std::unique_ptr<rd_kafka_topic_t, topic_closer>;
using native_queue = std::unique_ptr<rd_kafka_queue_t, queue_closer>;

using delivery_callback = void (*)(rd_kafka_t*, const rd_kafka_message_t*, void*);

/// A producer whose delivery reports go to `on_delivery` with `opaque`. These throw std::runtime_error with
/// librdkafka's words.
[[nodiscard]] native_client make_producer(const native_options& options, delivery_callback on_delivery,
                                          void* opaque);
[[nodiscard]] native_client make_consumer(const native_options& options);
[[nodiscard]] native_topic open_topic(const native_client& client, const native_options& options);
/// Asks the cluster; a topic that it does not know is an error, never created.
[[nodiscard]] std::int32_t count_partitions(const native_client& client, const native_options& options);

}  // namespace marquee::load
