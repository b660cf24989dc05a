#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "raft/core/entry.h"

namespace marquee::raft {

/// The newest entries of a log, which are not yet in a segment. Pure; indexes in it follow each other.
class entry_tail {
 public:
  explicit entry_tail(std::deque<entry> entries = {});

  [[nodiscard]] bool empty() const { return entries_.empty(); }
  [[nodiscard]] const entry& front() const { return entries_.front(); }
  [[nodiscard]] const entry& back() const { return entries_.back(); }
  /// As encoded.
  [[nodiscard]] std::uint64_t size_bytes() const { return size_bytes_; }
  /// Null if it is not here.
  [[nodiscard]] const entry* find(log_index index) const;

  void append(const entry& e);
  void truncate(log_index from);
  void drop_up_to(log_index last);

  /// Adds entries from `from` on, below `to`, as long as they fit into `budget_bytes`; the first one always
  /// if `target` is empty. Gives what is left of the budget, or nothing once an entry did not fit.
  [[nodiscard]] std::optional<std::size_t> copy(log_index from, log_index to, std::size_t budget_bytes,
                                                std::vector<entry>& target) const;
  /// Index of the first entry that reaches past an offset, or that was appended at or after a time.
  [[nodiscard]] std::optional<log_index> first_reaching_past(record_offset offset) const;
  [[nodiscard]] std::optional<log_index> first_at_or_after(std::int64_t append_time_ms) const;

 private:
  std::deque<entry> entries_;
  std::uint64_t size_bytes_ = 0;
};

}  // namespace marquee::raft
