#pragma once

#include <chrono>
#include <cstdint>

namespace marquee::net {

/// A point in monotonic time after which waiting is pointless. Passed by value from call to call, so that
/// time-outs of nested waits nest (DESIGN D21).
class deadline {
 public:
  using time_point = std::chrono::steady_clock::time_point;

  [[nodiscard]] static deadline never() { return deadline(time_point::max()); }
  [[nodiscard]] static deadline at(time_point when) { return deadline(when); }
  /// `duration_ms` from now; below zero counts as zero, more than ten years as never.
  [[nodiscard]] static deadline in_ms(std::int64_t duration_ms) {
    constexpr std::int64_t ten_years_ms = 10LL * 366 * 24 * 3600 * 1000;
    if (duration_ms > ten_years_ms) return never();
    return deadline(std::chrono::steady_clock::now() +
                    std::chrono::milliseconds(duration_ms < 0 ? 0 : duration_ms));
  }

  [[nodiscard]] bool is_never() const { return when_ == time_point::max(); }
  [[nodiscard]] bool passed() const { return !is_never() && std::chrono::steady_clock::now() >= when_; }
  /// Whole milliseconds left, at least 0, rounded up; INT64_MAX if there is no end.
  [[nodiscard]] std::int64_t remaining_ms() const {
    if (is_never()) return INT64_MAX;
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(when_ - std::chrono::steady_clock::now()).count();
    return left < 0 ? 0 : left;
  }
  [[nodiscard]] time_point when() const { return when_; }
  [[nodiscard]] deadline earlier_of(deadline other) const { return when_ < other.when_ ? *this : other; }

 private:
  explicit deadline(time_point when) : when_(when) {}
  time_point when_;
};

}  // namespace marquee::net
