#pragma once

#include <set>

#include "base/types.h"
#include "broker/broker_metrics.h"
#include "broker/topic_catalog.h"
#include "raft/runtime/raft_host.h"

namespace marquee::broker {

/// Makes the replicas on this broker what the metadata says (DESIGN D7, D9): creates those of which this
/// (broker, incarnation) is an initial voter, removes those of tombstoned topics, and reports, but never
/// touches, what is neither. Every step may be repeated. On one thread that is no partition thread, because
/// creating and removing wait for the disk.
class replica_reconciler {
 public:
  replica_reconciler(raft::raft_host& host, broker_metrics& metrics, replica_id self)
      : host_(host), metrics_(metrics), self_(self) {}

  void reconcile(const cluster_metadata& metadata);
  /// As of the last run: on disk, but neither assigned nor deleted.
  [[nodiscard]] const std::set<group_id>& quarantined() const { return quarantined_; }

 private:
  void set_peers(const cluster_metadata& metadata);
  void create_missing(const topic_metadata& topic);
  void remove_deleted(const cluster_metadata& metadata);

  raft::raft_host& host_;
  broker_metrics& metrics_;
  replica_id self_;
  std::set<group_id> quarantined_;
};

}  // namespace marquee::broker
