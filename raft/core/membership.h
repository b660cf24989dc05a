#pragma once

#include <deque>

#include "base/types.h"
#include "raft/core/configuration.h"

namespace marquee::raft {

/// The configurations in a log. The latest one counts from the moment it is in the log, committed or not
/// (Raft paper 6), and no longer when it is truncated.
class membership {
 public:
  explicit membership(configuration base);

  [[nodiscard]] const configuration& current() const { return history_.back().members; }
  /// Where the current one stands in the log; 0 for the one that the node started with.
  [[nodiscard]] log_index current_index() const { return history_.back().index; }

  void append(log_index index, configuration members);
  /// True if another configuration counts now.
  [[nodiscard]] bool truncate_from(log_index index);
  /// What lies before the latest committed one is never needed again.
  void committed(log_index index);

 private:
  struct placed {
    log_index index;
    configuration members;
  };
  /// Never empty.
  std::deque<placed> history_;
};

}  // namespace marquee::raft
