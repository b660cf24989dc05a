#pragma once

#include <cstddef>
#include <deque>
#include <utility>

#include "base/types.h"

namespace marquee::raft {

/// How much a leader has in its log that is not committed (raft-pitfalls 23). Counted entry by entry, so that
/// exactly what was added is released.
class uncommitted_bytes {
 public:
  void clear() {
    entries_.clear();
    total_ = 0;
  }
  void added(log_index index, std::size_t size) {
    entries_.emplace_back(index, size);
    total_ += size;
  }
  void committed(log_index index) {
    while (!entries_.empty() && entries_.front().first <= index) {
      total_ -= entries_.front().second;
      entries_.pop_front();
    }
  }
  /// One entry always has room, however large it is: else it could never be written (raft-pitfalls 25).
  [[nodiscard]] bool has_room(std::size_t size, std::size_t most) const {
    return total_ == 0 || total_ + size <= most;
  }
  [[nodiscard]] std::size_t total() const { return total_; }

 private:
  std::deque<std::pair<log_index, std::size_t>> entries_;
  std::size_t total_ = 0;
};

}  // namespace marquee::raft
