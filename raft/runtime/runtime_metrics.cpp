#include "raft/runtime/runtime_metrics.h"

namespace marquee::raft {

namespace {
metric_counter& dropped(metrics_registry& registry, const std::string& reason) {
  return registry.counter("marquee_raft_dropped_total", "Raft messages that were dropped, by reason.",
                          {{"reason", reason}});
}
metric_histogram& latency(metrics_registry& registry, const std::string& name, const std::string& help) {
  return registry.histogram(name, help, metric_histogram::latency_us_bounds());
}
}  // namespace

runtime_metrics::runtime_metrics(metrics_registry& registry)
    : groups(registry.gauge("marquee_raft_groups", "Replicas on this broker that take part.")),
      groups_led(registry.gauge("marquee_raft_groups_led", "Groups that this broker leads.")),
      groups_fenced(registry.gauge("marquee_raft_groups_fenced", "Replicas that stopped for a fault.")),
      groups_in_doubt(
          registry.gauge("marquee_raft_groups_in_doubt",
                         "Replicas that may have lost acknowledged writes and do not count yet.")),
      proposals_pending(
          registry.gauge("marquee_raft_proposals_pending", "Proposals that wait for their commit.")),
      inbox_bytes(
          registry.gauge("marquee_raft_inbox_bytes",
                         "Messages from other brokers that the last turn of a partition thread found.")),
      elections(registry.counter("marquee_raft_elections_total", "Elections that replicas here began.")),
      leader_changes(registry.counter("marquee_raft_leader_changes_total",
                                      "Times that a replica here became or ceased to be leader.")),
      proposals(registry.counter("marquee_raft_proposals_total", "Proposals that were appended.")),
      proposals_refused(
          registry.counter("marquee_raft_proposals_refused_total", "Proposals that were not appended.")),
      proposals_unknown(registry.counter("marquee_raft_proposals_unknown_total",
                                         "Proposals that were appended and whose outcome is unknown here.")),
      entries_applied(registry.counter("marquee_raft_entries_applied_total", "Entries that were applied.")),
      inbox_dropped(dropped(registry, "inbox_full")),
      unknown_group_dropped(dropped(registry, "unknown_group")),
      checkpoints(registry.counter("marquee_raft_checkpoints_total", "Checkpoints that were completed.")),
      checkpoints_failed(
          registry.counter("marquee_raft_checkpoints_failed_total", "Checkpoints that failed.")),
      append_us(latency(registry, "marquee_raft_append_latency_us",
                        "From handing entries to the log until they were durable, in microseconds.")),
      sync_us(latency(registry, "marquee_raft_sync_latency_us",
                      "The sync that made entries durable, in microseconds.")),
      commit_us(latency(registry, "marquee_raft_commit_latency_us",
                        "From a proposal until it was committed and applied, in microseconds.")),
      turn_us(latency(registry, "marquee_raft_turn_us", "One turn of a partition thread, in microseconds.")) {
}

}  // namespace marquee::raft
