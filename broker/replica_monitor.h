#pragma once

#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <utility>

#include "base/metrics.h"
#include "broker/event_log.h"
#include "net/event_loop.h"
#include "raft/runtime/raft_host.h"

namespace marquee::broker {

/// Looks at every replica of this broker once a second, for what no single event says: how far followers are
/// behind, who has no leader, bytes on disk. Sums and maxima only, never a series per partition. A follower
/// that falls out of touch or step, and one that is back, become events.
///
/// Lives on `loop`, which must end before anything that this refers to.
class replica_monitor {
 public:
  replica_monitor(net::event_loop& loop, raft::raft_host& host, event_log& events, metrics_registry& metrics,
                  std::string data_dir);

  /// Once.
  void start();

 private:
  struct observation;
  struct round;
  static void observe(const std::shared_ptr<raft::replica>& replica, observation& seen);
  void look();
  void finish(const round& all);
  void tell_changes(const round& all);
  void look_at_disk() const;

  net::event_loop& loop_;
  raft::raft_host& host_;
  event_log& events_;
  const std::string data_dir_;
  metric_gauge& lag_;
  metric_gauge& behind_;
  metric_gauge& leaderless_;
  metric_gauge& log_bytes_;
  metric_gauge& unapplied_;
  metric_gauge& uncommitted_;
  metric_gauge& subscribers_;
  metric_gauge& disk_size_;
  bool looking_ = false;
  /// Followers of groups that are led here and that are not in step.
  std::set<std::pair<group_id, broker_id>> was_behind_;
};

}  // namespace marquee::broker
