#pragma once

#include <cstdint>
#include <optional>

#include "base/types.h"
#include "broker/broker_metrics.h"
#include "broker/retention_policy.h"
#include "raft/runtime/replica.h"

namespace marquee::broker {

/// Retention of one partition. Every replica ends segments that are full or old; the leader alone decides
/// where the log begins and proposes it as a log start entry, which every replica follows when it applies it
/// (DESIGN D6). So the log start is a function of the log: it never goes back, whoever leads.
///
/// Never past what a voter lacks, for nobody could get it again. What all voters had already when the last
/// check came counts, not what they have by now: that is old enough to be synced with relaxed durability too
/// (D4). While a voter holds retention back, a metric shows it, and the log says once who it is.
///
/// Owned by the partition, on its thread.
class retention_keeper {
 public:
  retention_keeper(raft::replica& replica, broker_metrics& metrics) : replica_(replica), metrics_(metrics) {}
  ~retention_keeper() { note_held_back(std::nullopt); }
  retention_keeper(const retention_keeper&) = delete;
  retention_keeper& operator=(const retention_keeper&) = delete;

  /// To be called from time to time.
  void check(const retention_rules& rules, std::int64_t now_ms);
  /// Leadership was lost, or the replica stopped.
  void forget();

 private:
  struct slowest_voter {
    replica_id who;
    log_index has;
  };
  [[nodiscard]] slowest_voter find_slowest() const;
  void propose(const raft::log_start_mark& mark, std::int64_t now_ms);
  void note_held_back(const std::optional<slowest_voter>& by);

  raft::replica& replica_;
  broker_metrics& metrics_;
  /// As of the last check in this leadership.
  log_index held_by_all_;
  bool proposed_ = false;
  std::optional<replica_id> held_back_by_;
};

}  // namespace marquee::broker
