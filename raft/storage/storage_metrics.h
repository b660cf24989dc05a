#pragma once

#include "base/metrics.h"

namespace marquee::raft {

/// What the log store counts.
struct storage_metrics {
  explicit storage_metrics(metrics_registry& registry)
      : fsyncs(registry.counter("marquee_storage_fsyncs_total", "Syncs of the write-ahead log.")),
        written_bytes(
            registry.counter("marquee_storage_written_bytes_total", "Bytes written to the write-ahead log.")),
        flush_us(registry.histogram("marquee_storage_flush_us",
                                    "Time of a flush, write and sync, in microseconds.",
                                    metric_histogram::latency_us_bounds())),
        flush_records(registry.histogram("marquee_storage_flush_records", "Records that one flush wrote.",
                                         metric_histogram::batch_size_bounds())),
        refused(registry.counter("marquee_storage_refused_total",
                                 "Appends that were refused because too much waits or the log is full.")),
        checkpoints(
            registry.counter("marquee_storage_checkpoints_total", "Checkpoints that were completed.")),
        failed_checkpoints(
            registry.counter("marquee_storage_failed_checkpoints_total", "Checkpoints that were given up.")),
        checkpoint_us(registry.histogram("marquee_storage_checkpoint_us",
                                         "Time of a checkpoint in microseconds.",
                                         metric_histogram::latency_us_bounds())),
        dropped_segments(
            registry.counter("marquee_storage_dropped_segments_total", "Segments that retention removed.")),
        dropped_bytes(registry.counter("marquee_storage_dropped_bytes_total",
                                       "Bytes of the segments that retention removed.")),
        damaged_logs(
            registry.counter("marquee_storage_damaged_logs_total",
                             "Replicas whose log was found damaged and cut off, to be filled again.")),
        scrubbed_bytes(registry.counter("marquee_storage_scrubbed_bytes_total",
                                        "Bytes at rest that were read again to verify their checksums.")),
        scrub_passes(registry.counter("marquee_storage_scrub_passes_total",
                                      "Times that everything at rest was read again.")),
        scrub_damages(registry.counter("marquee_storage_scrub_damages_total",
                                       "Damages that reading everything again has found.")),
        scrub_failures(registry.counter("marquee_storage_scrub_failures_total",
                                        "Files at rest that the disk could not read.")),
        scrub_last_pass_wall_ms(
            registry.gauge("marquee_storage_scrub_last_pass_wall_ms",
                           "When everything at rest had last been read again, in milliseconds since 1970; 0: "
                           "not yet.")),
        scrub_last_pass_duration_ms(registry.gauge("marquee_storage_scrub_last_pass_duration_ms",
                                                   "How long that took, in milliseconds.")),
        wal_files(registry.gauge("marquee_storage_wal_files", "Files of the write-ahead log.")) {}

  metric_counter& fsyncs;
  metric_counter& written_bytes;
  metric_histogram& flush_us;
  metric_histogram& flush_records;
  metric_counter& refused;
  metric_counter& checkpoints;
  metric_counter& failed_checkpoints;
  metric_histogram& checkpoint_us;
  metric_counter& dropped_segments;
  metric_counter& dropped_bytes;
  metric_counter& damaged_logs;
  metric_counter& scrubbed_bytes;
  metric_counter& scrub_passes;
  metric_counter& scrub_damages;
  metric_counter& scrub_failures;
  metric_gauge& scrub_last_pass_wall_ms;
  metric_gauge& scrub_last_pass_duration_ms;
  metric_gauge& wal_files;
};

}  // namespace marquee::raft
