#include "broker/broker_metrics.h"

namespace marquee::broker {

broker_metrics::broker_metrics(metrics_registry& registry)
    : produce_requests(
          registry.counter("marquee_broker_produce_requests_total", "Produce requests received.")),
      fetch_requests(registry.counter("marquee_broker_fetch_requests_total", "Fetch requests received.")),
      other_requests(
          registry.counter("marquee_broker_other_requests_total", "Kafka requests of other kinds.")),
      produced_records(
          registry.counter("marquee_broker_produced_records_total", "Records accepted as new or duplicate.")),
      produced_bytes(
          registry.counter("marquee_broker_produced_bytes_total", "Bytes of record batches received.")),
      fetched_records(registry.counter("marquee_broker_fetched_records_total",
                                       "Records in the batches sent, those before the asked offset too.")),
      fetched_bytes(registry.counter("marquee_broker_fetched_bytes_total", "Bytes of record batches sent.")),
      produce_errors(registry.counter("marquee_broker_produce_errors_total",
                                      "Partitions of Produce requests answered with an error.")),
      duplicate_batches(registry.counter("marquee_broker_duplicate_batches_total",
                                         "Batches of which all or a part was stored before.")),
      records_applied(registry.counter("marquee_broker_records_applied_total",
                                       "Committed records applied by replicas here.")),
      bad_requests(registry.counter("marquee_broker_bad_requests_total",
                                    "Kafka connections closed because of what came in.")),
      produce_latency_us(registry.histogram("marquee_broker_produce_latency_us",
                                            "From a Produce request's last byte to its answer.",
                                            metric_histogram::latency_us_bounds())),
      fetch_latency_us(registry.histogram("marquee_broker_fetch_latency_us",
                                          "From a Fetch request's last byte to its answer, waiting included.",
                                          metric_histogram::latency_us_bounds())),
      produced_batch_records(registry.histogram("marquee_broker_produced_batch_records",
                                                "Records in each batch that came in.",
                                                metric_histogram::batch_size_bounds())),
      connections(registry.gauge("marquee_broker_kafka_connections", "Open Kafka connections.")),
      metadata_version(registry.gauge("marquee_broker_metadata_version",
                                      "Version of the topic metadata that is known here.")),
      quarantined_replicas(registry.gauge("marquee_broker_quarantined_replicas",
                                          "Replicas on disk that are neither assigned nor deleted.")),
      retention_held_back(
          registry.gauge("marquee_broker_retention_held_back",
                         "Partitions led here whose old segments stay because a voter lacks them.")),
      registry_(registry) {
  (void)count(produce_results_, "produce", kafka::kafka_error::none);
  (void)count(fetch_results_, "fetch", kafka::kafka_error::none);
}

metric_counter& broker_metrics::count(by_code& counters, const std::string& what, kafka::kafka_error code) {
  const auto index = static_cast<std::size_t>(static_cast<int>(code) + 1);
  std::atomic<metric_counter*>& place = counters[index < counters.size() ? index : 0];
  metric_counter* counter = place.load(std::memory_order_relaxed);
  if (counter == nullptr) {
    counter = &registry_.counter("marquee_broker_" + what + "_results_total",
                                 "Partitions of requests answered, by the code of Kafka's protocol.",
                                 {{"code", std::string(kafka::name_of(code))}});
    place.store(counter, std::memory_order_relaxed);
  }
  return *counter;
}

}  // namespace marquee::broker
