#pragma once

#include <cstdint>

namespace marquee {

/// The time, as something that can be simulated. Thread-safe.
class clock {
 public:
  virtual ~clock() = default;
  /// Milliseconds since 1970 UTC; may jump either way.
  [[nodiscard]] virtual std::int64_t wall_ms() const = 0;
  /// Microseconds since some fixed point; never goes back.
  [[nodiscard]] virtual std::int64_t monotonic_us() const = 0;
  [[nodiscard]] std::int64_t monotonic_ms() const { return monotonic_us() / 1000; }
};

class system_clock final : public clock {
 public:
  [[nodiscard]] std::int64_t wall_ms() const override;
  [[nodiscard]] std::int64_t monotonic_us() const override;
};

/// Stands still until it is told to go on. Belongs to one thread.
class simulated_clock final : public clock {
 public:
  explicit simulated_clock(std::int64_t start_wall_ms = 1'700'000'000'000) : wall_ms_(start_wall_ms) {}

  [[nodiscard]] std::int64_t wall_ms() const override { return wall_ms_; }
  [[nodiscard]] std::int64_t monotonic_us() const override { return monotonic_us_; }
  void advance_ms(std::int64_t duration_ms) {
    wall_ms_ += duration_ms;
    monotonic_us_ += duration_ms * 1000;
  }
  /// The wall clock alone is set, as by an operator or NTP.
  void set_wall_ms(std::int64_t wall_ms) { wall_ms_ = wall_ms; }

 private:
  std::int64_t wall_ms_;
  std::int64_t monotonic_us_ = 0;
};

}  // namespace marquee
