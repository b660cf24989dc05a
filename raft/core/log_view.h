#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "base/result.h"
#include "raft/core/entry.h"
#include "raft/core/log_reader.h"
#include "raft/core/node.h"

namespace marquee::raft {

/// The log as the node means it: what storage has, with the truncation and the entries on top that the next
/// persist request will hand over. Owned by the node, on its thread.
class log_view {
 public:
  /// `log` must outlive it.
  explicit log_view(const log_reader& log) : log_(log) {}

  [[nodiscard]] log_index first_index() const { return log_.first_index(); }
  [[nodiscard]] log_index last_index() const;
  [[nodiscard]] term_number last_term() const;
  /// Known from first_index() - 1 to last_index().
  [[nodiscard]] std::optional<term_number> term_at(log_index index) const;
  /// The largest index not above `upper` whose term is at most `term`: terms never decrease along a log, so
  /// that a binary search finds it (raft-pitfalls 22). Not below first_index() - 1.
  [[nodiscard]] log_index last_with_term_at_most(term_number term, log_index upper) const;
  /// As `log_reader::read`; consecutive from `from` on.
  [[nodiscard]] result<std::vector<entry>> read(log_index from, log_index to, std::size_t max_bytes) const;

  /// Its index must be last_index() + 1.
  void append(entry next);
  void truncate_from(log_index from);

  [[nodiscard]] bool has_pending() const { return truncated_from_.has_value() || !pending_.empty(); }
  /// Moves the changes into `request`; from then on storage shows them.
  void take_pending(persist_request& request);

 private:
  [[nodiscard]] log_index last_stored() const;

  const log_reader& log_;
  std::optional<log_index> truncated_from_;
  /// Follow last_stored() without a gap.
  std::vector<entry> pending_;
};

}  // namespace marquee::raft
