#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <vector>

#include "base/types.h"
#include "raft/core/node.h"

namespace marquee::raft {

/// Reads that wait for proof that this node still leads (thesis 6.4). Those that arrive together share a
/// round; a round has a number of its own, so that the late answer to an earlier heartbeat confirms nothing
/// newer (raft-pitfalls 58).
class read_barriers {
 public:
  /// No more wait at once; what is beyond is refused.
  static constexpr std::size_t most = 65'536;

  /// False if too many wait.
  [[nodiscard]] bool add(std::uint64_t id);
  [[nodiscard]] bool wants_round() const;
  /// Everything that waits without a round belongs to this one; it reads at `commit`.
  void begin_round(log_index commit);
  /// Number of the newest round.
  [[nodiscard]] std::uint64_t round() const { return round_; }
  /// Moves the reads of rounds that `is_confirmed` to `ready`.
  void take_confirmed(const std::function<bool(std::uint64_t round)>& is_confirmed,
                      std::vector<read_ready>& ready);
  /// Leadership is gone: every read is told so.
  void refuse_all(std::vector<read_ready>& ready);

 private:
  struct waiting_read {
    std::uint64_t id = 0;
    /// 0: its round has not begun.
    std::uint64_t round = 0;
    log_index index;
  };
  std::uint64_t round_ = 0;
  std::deque<waiting_read> waiting_;
};

}  // namespace marquee::raft
