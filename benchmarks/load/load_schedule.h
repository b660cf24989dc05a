#pragma once

#include <cstdint>

#include "benchmarks/load/load_figures.h"

namespace marquee::load {

/// When each request of an open loop is due. Lives in one thread.
class load_schedule {
 public:
  /// `requests_per_second` above zero. Nothing is due from `end` on.
  load_schedule(steady::time_point start, steady::time_point end, double requests_per_second)
      : start_(start), end_(end), between_(1 / requests_per_second) {}

  [[nodiscard]] steady::time_point next_due() const {
    return start_ + std::chrono::duration_cast<steady::duration>(between_ * static_cast<double>(taken_));
  }
  [[nodiscard]] bool is_due(steady::time_point now) const { return next_due() <= now && next_due() < end_; }
  void take() { ++taken_; }
  /// How many were due before the end and not taken.
  [[nodiscard]] std::int64_t left_over() const {
    std::int64_t count = 0;
    for (load_schedule rest = *this; rest.next_due() < end_; rest.take()) ++count;
    return count;
  }

 private:
  steady::time_point start_;
  steady::time_point end_;
  std::chrono::duration<double> between_;
  std::int64_t taken_ = 0;
};

}  // namespace marquee::load
