#include "cli/latency_histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace marquee::cli {

/// Below 64 every value has a place of its own; above, the six bits after the leading one choose the step.
std::size_t latency_histogram::place_of(std::uint64_t latency_us) {
  if (latency_us < steps) return static_cast<std::size_t>(latency_us);
  const auto power = static_cast<std::size_t>(std::bit_width(latency_us)) - 7;
  const auto step = static_cast<std::size_t>(latency_us >> power) - steps;
  return std::min((power + 1) * steps + step, steps * powers - 1);
}

std::int64_t latency_histogram::upper_end(std::size_t place) {
  if (place < steps) return static_cast<std::int64_t>(place);
  const std::size_t power = place / steps - 1;
  return static_cast<std::int64_t>(((steps + place % steps + 1) << power) - 1);
}

void latency_histogram::add(std::int64_t latency_us) {
  ++counts_[place_of(static_cast<std::uint64_t>(std::max<std::int64_t>(latency_us, 0)))];
  ++count_;
}

void latency_histogram::merge(const latency_histogram& other) {
  for (std::size_t i = 0; i < counts_.size(); ++i) counts_[i] += other.counts_[i];
  count_ += other.count_;
}

std::int64_t latency_histogram::percentile_us(double share) const {
  if (count_ == 0) return 0;
  const auto wanted = std::max<std::int64_t>(1, std::llround(std::ceil(share * static_cast<double>(count_))));
  std::int64_t below = 0;
  for (std::size_t place = 0; place < counts_.size(); ++place) {
    below += counts_[place];
    if (below >= wanted) return upper_end(place);
  }
  return upper_end(counts_.size() - 1);
}

}  // namespace marquee::cli
