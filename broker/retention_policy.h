#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/types.h"
#include "broker/cluster_metadata.h"
#include "raft/core/log_start.h"
#include "raft/storage/log_store.h"

namespace marquee::broker {

/// How much of a partition's log is kept; -1: no limit.
struct retention_rules {
  std::int64_t retention_ms = -1;
  std::int64_t retention_bytes = -1;

  bool operator==(const retention_rules&) const = default;
};

/// What a topic's configuration says. Of `__consumer_offsets` nothing is kept but the active segment: the
/// table is in its state block, so that the log stays bounded and nothing is lost.
[[nodiscard]] retention_rules retention_rules_of(const topic_metadata& topic);

/// A segment whose first entry was appended before this ends, so that it can expire: after a quarter of
/// `retention_ms`. So records stay at most a quarter longer than they must.
[[nodiscard]] std::int64_t oldest_active_time_ms(const retention_rules& rules, std::int64_t now_ms);

struct retention_verdict {
  /// Where the log should begin; nothing: where it does.
  std::optional<raft::log_start_mark> log_start;
  /// The rules want more gone than `held_by_all` allows.
  bool held_back = false;
};

/// Which segments a leader lets go (DESIGN D6). A pure decision: whole segments from the front, never the
/// last one, which is appended to, and none that reaches past `held_by_all`, the last entry that every voter
/// has. A segment goes when the append time of its last entry is more than `retention_ms` ago (the leader's
/// clock, never a client's timestamp), or when the log without it still has `retention_bytes`.
[[nodiscard]] retention_verdict decide_retention(const retention_rules& rules,
                                                 const std::vector<raft::segment_summary>& segments,
                                                 record_offset log_start, log_index held_by_all,
                                                 std::int64_t now_ms);

}  // namespace marquee::broker
