#pragma once

#include <array>
#include <cstdint>

namespace marquee::cli {

/// Counts latencies in microseconds with a relative error below 2 percent and in fixed memory: 64 equal steps
/// in each power of two. Not thread-safe.
class latency_histogram {
 public:
  void add(std::int64_t latency_us);
  void merge(const latency_histogram& other);
  [[nodiscard]] std::int64_t count() const { return count_; }
  /// The upper end of the step that holds the given share (0 to 1) of the latencies; 0 if there are none.
  [[nodiscard]] std::int64_t percentile_us(double share) const;

 private:
  static constexpr std::size_t steps = 64;
  static constexpr std::size_t powers = 40;
  static std::size_t place_of(std::uint64_t latency_us);
  static std::int64_t upper_end(std::size_t place);

  std::array<std::int64_t, steps * powers> counts_{};
  std::int64_t count_ = 0;
};

}  // namespace marquee::cli
