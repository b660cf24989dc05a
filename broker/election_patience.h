#pragma once

#include <cstddef>
#include <cstdint>
#include <map>

#include "base/types.h"

namespace marquee::broker {

/// Whether an answer about a partition without a leader should wait for one: an election after a death is
/// over within tens of milliseconds, while a client that is told "no leader" may not ask again for a second.
/// A partition that has been without one for long is not waited for. A pure state machine; belongs to whoever
/// answers, on its thread.
class election_patience {
 public:
  /// Without a leader for longer than `patience_ms`: nobody knows when there will be one.
  explicit election_patience(std::int64_t patience_ms, std::size_t partitions_most = 100'000)
      : patience_ms_(patience_ms), partitions_most_(partitions_most) {}

  /// It was just looked at. True: it has no leader, and may soon have one.
  [[nodiscard]] bool is_worth_waiting(const group_id& group, bool has_leader, std::int64_t now_ms);

 private:
  const std::int64_t patience_ms_;
  const std::size_t partitions_most_;
  /// When it was first seen without a leader, of those that have none.
  std::map<group_id, std::int64_t> since_ms_;
};

}  // namespace marquee::broker
