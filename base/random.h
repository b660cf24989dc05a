#pragma once

#include <cstdint>
#include <span>

namespace marquee {

/// A small seeded generator (splitmix64, Steele et al. 2014): equal seeds give equal sequences on every
/// machine, which is what simulations need. Not for secrets. Not thread-safe.
class random_source {
 public:
  explicit random_source(std::uint64_t seed) : state_(seed) {}

  [[nodiscard]] std::uint64_t next() {
    state_ += 0x9e3779b97f4a7c15ULL;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
  }
  /// Uniform in [0, bound); bound must be positive.
  [[nodiscard]] std::uint64_t below(std::uint64_t bound) { return next() % bound; }
  /// Uniform in [low, high], both included.
  [[nodiscard]] std::int64_t between(std::int64_t low, std::int64_t high) {
    return low + static_cast<std::int64_t>(below(static_cast<std::uint64_t>(high - low) + 1));
  }
  /// True with probability `numerator` / `denominator`.
  [[nodiscard]] bool chance(std::uint64_t numerator, std::uint64_t denominator) {
    return below(denominator) < numerator;
  }

 private:
  std::uint64_t state_;
};

/// Fills `target` from the operating system's random source; fit for secrets. Aborts the process if there is
/// none.
void fill_from_system(std::span<std::uint8_t> target);
/// A seed from the operating system's random source.
[[nodiscard]] std::uint64_t system_seed();

}  // namespace marquee
