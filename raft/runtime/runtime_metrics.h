#pragma once

#include "base/metrics.h"

namespace marquee::raft {

/// The metrics that all groups of a broker share.
struct runtime_metrics {
  explicit runtime_metrics(metrics_registry& registry);

  metric_gauge& groups;
  metric_gauge& groups_led;
  metric_gauge& groups_fenced;
  metric_gauge& groups_in_doubt;
  metric_gauge& proposals_pending;
  metric_gauge& inbox_bytes;
  metric_counter& elections;
  metric_counter& leader_changes;
  metric_counter& proposals;
  metric_counter& proposals_refused;
  metric_counter& proposals_unknown;
  metric_counter& entries_applied;
  metric_counter& inbox_dropped;
  metric_counter& unknown_group_dropped;
  metric_counter& checkpoints;
  metric_counter& checkpoints_failed;
  metric_histogram& append_us;
  metric_histogram& sync_us;
  metric_histogram& commit_us;
  metric_histogram& turn_us;
};

}  // namespace marquee::raft
