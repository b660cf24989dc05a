#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <unordered_map>

#include "base/types.h"

namespace marquee::write_manager {

/// The producer that this manager is itself, for messages that come without a sequence (DESIGN D10): a
/// producer id taken at start, which no other process ever had, and a counter for each partition, so that
/// consecutive batches make one run there. Thread-safe.
class own_producer {
 public:
  void set_id(std::int64_t producer_id) {
    const std::lock_guard lock(mutex_);
    id_ = producer_id;
  }
  [[nodiscard]] std::optional<std::int64_t> id() const {
    const std::lock_guard lock(mutex_);
    return id_;
  }
  /// The place of the next message in the round robin.
  [[nodiscard]] std::uint64_t next_turn() {
    const std::lock_guard lock(mutex_);
    return turn_++;
  }
  /// The first of `count` sequences that nobody else gets in that partition.
  [[nodiscard]] std::int64_t take_sequences(const group_id& partition, std::int32_t count) {
    const std::lock_guard lock(mutex_);
    std::int64_t& next = next_[partition];
    const std::int64_t first = next;
    next += count;
    return first;
  }

 private:
  mutable std::mutex mutex_;
  std::optional<std::int64_t> id_;
  std::uint64_t turn_ = 0;
  std::unordered_map<group_id, std::int64_t> next_;
};

}  // namespace marquee::write_manager
