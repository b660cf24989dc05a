#pragma once

#include "base/metrics.h"

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
};

}  // namespace marquee::broker
