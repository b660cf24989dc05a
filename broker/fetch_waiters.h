#pragma once

#include <cstddef>
#include <cstdint>
#include <unordered_map>

#include "net/wake_point.h"

namespace marquee::broker {

/// Fetches that wait for something new in a partition. On the partition's thread; wakes coroutines of any
/// thread. Bounded: who finds no place asks again at once.
class fetch_waiters {
 public:
  static constexpr std::size_t waiters_most = 10'000;

  /// False if too many wait. Adding twice is harmless.
  bool add(std::uint64_t id, const net::wake_point& point) {
    if (waiting_.contains(id)) return true;
    return waiting_.size() < waiters_most && waiting_.emplace(id, point).second;
  }
  void remove(std::uint64_t id) { waiting_.erase(id); }
  void wake_all() {
    for (const auto& [id, point] : waiting_) point.wake_all();
    waiting_.clear();
  }

 private:
  std::unordered_map<std::uint64_t, net::wake_point> waiting_;
};

}  // namespace marquee::broker
