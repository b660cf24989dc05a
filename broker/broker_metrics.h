#pragma once

#include <array>
#include <atomic>
#include <string>

#include "base/metrics.h"
#include "kafka/protocol_types.h"

namespace marquee::broker {

/// The broker's own metrics; those of Raft and storage are made where they are counted. Thread-safe.
struct broker_metrics {
  explicit broker_metrics(metrics_registry& registry);

  metric_counter& produce_requests;
  metric_counter& fetch_requests;
  metric_counter& other_requests;
  metric_counter& produced_records;
  metric_counter& produced_bytes;
  metric_counter& fetched_records;
  metric_counter& fetched_bytes;
  metric_counter& produce_errors;
  metric_counter& duplicate_batches;
  metric_counter& records_applied;
  metric_counter& bad_requests;
  metric_histogram& produce_latency_us;
  metric_histogram& fetch_latency_us;
  metric_histogram& produced_batch_records;
  metric_gauge& connections;
  metric_gauge& metadata_version;
  metric_gauge& quarantined_replicas;
  metric_gauge& retention_held_back;

  /// One partition's part of a Produce or Fetch request was answered with that code.
  void produced(kafka::kafka_error code) { count(produce_results_, "produce", code).add(); }
  void fetched(kafka::kafka_error code) { count(fetch_results_, "fetch", code).add(); }

 private:
  /// By code + 1; the codes of the protocol are few, so the series are. Made when a code first occurs.
  using by_code = std::array<std::atomic<metric_counter*>, 160>;
  metric_counter& count(by_code& counters, const std::string& what, kafka::kafka_error code);

  metrics_registry& registry_;
  by_code produce_results_{};
  by_code fetch_results_{};
};

}  // namespace marquee::broker
