#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "base/result.h"
#include "raft/core/entry.h"

namespace marquee::raft {

/// What the node may ask of the log below it. The log shows what `work::persist` handed it as soon as it was
/// handed over, durable or not. Called on the group's thread only.
class log_reader {
 public:
  virtual ~log_reader() = default;
  /// Index of the first entry that is still there; last_index() + 1 when there is none.
  [[nodiscard]] virtual log_index first_index() const = 0;
  /// Index before the first one when the log is empty.
  [[nodiscard]] virtual log_index last_index() const = 0;
  /// Term of the entry at `index`; known also for first_index() - 1. Nothing outside of that.
  [[nodiscard]] virtual std::optional<term_number> term_at(log_index index) const = 0;
  /// Entries from `from` on, below `to`, of at most `max_bytes` together but at least one. Errors: not_found
  /// (before the first index), corrupt, io: the caller leaves that follower alone for now.
  [[nodiscard]] virtual result<std::vector<entry>> read(log_index from, log_index to,
                                                        std::size_t max_bytes) const = 0;
};

}  // namespace marquee::raft
