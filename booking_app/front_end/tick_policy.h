#pragma once

#include <algorithm>
#include <cstdint>

namespace marquee::booking {

/// When a front end writes a tick: while a deadline is pending and nothing was seen or appended for a while.
/// Front ends with higher numbers wait a little longer, so that one tick serves all. Pure; times are
/// monotonic.
class tick_policy {
 public:
  tick_policy(std::int64_t tick_ms, std::int64_t front_end) : tick_ms_(tick_ms) {
    const std::int64_t later_ms = std::min(tick_ms * 3 / 10, 15 * (front_end - 1));
    pause_ms_ = std::max<std::int64_t>(1, tick_ms * 7 / 10 + later_ms);
  }

  /// A record was seen on the log, or one was appended.
  void on_record(std::int64_t now_ms) { quiet_since_ms_ = now_ms; }
  /// A tick was handed over; no other one before it is stored or has failed.
  void on_sent() { under_way_ = true; }
  void on_ended() { under_way_ = false; }

  /// 0: now. Else how long to wait before asking again.
  [[nodiscard]] std::int64_t wait_ms(bool deadline_pending, std::int64_t now_ms) const {
    if (!deadline_pending || under_way_) return std::max<std::int64_t>(1, tick_ms_ / 10);
    return std::max<std::int64_t>(0, quiet_since_ms_ + pause_ms_ - now_ms);
  }

 private:
  std::int64_t tick_ms_;
  std::int64_t pause_ms_;
  std::int64_t quiet_since_ms_ = 0;
  bool under_way_ = false;
};

}  // namespace marquee::booking
