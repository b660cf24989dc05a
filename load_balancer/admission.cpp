#include "load_balancer/admission.h"

#include <algorithm>

namespace marquee::load_balancer {

namespace {
constexpr std::int64_t window_ms = 1'000;
constexpr std::int64_t least_ms = 100;
constexpr std::int64_t most_ms = 10'000;
constexpr std::int64_t spread = 8;
}  // namespace

admission::admission(std::int64_t requests_most, const clock& time, metrics_registry& metrics)
    : requests_most_(requests_most),
      clock_(time),
      window_began_ms_(time.monotonic_ms()),
      gauge_(metrics.gauge("marquee_load_balancer_writes_under_way",
                           "Requests for write managers that are not answered yet")),
      refusals_(metrics.counter("marquee_load_balancer_overload_refusals_total",
                                "Requests answered 503 OVERLOADED because too many were under way")) {}

std::optional<admission::pass> admission::enter() {
  turn_window();
  if (under_way_ >= requests_most_) {
    ++refused_;
    refusals_.add();
    return std::nullopt;
  }
  gauge_.set(++under_way_);
  return std::optional<pass>(std::in_place, *this);
}

void admission::leave() {
  turn_window();
  gauge_.set(--under_way_);
  ++ended_in_window_;
}

void admission::turn_window() {
  const std::int64_t passed_ms = clock_.monotonic_ms() - window_began_ms_;
  if (passed_ms < window_ms) return;
  ended_per_s_ = ended_in_window_ * 1'000 / passed_ms;
  ended_in_window_ = 0;
  window_began_ms_ += passed_ms;
}

std::int64_t admission::retry_after_ms() const {
  const std::int64_t need_ms = under_way_ * 1'000 / std::max<std::int64_t>(1, ended_per_s_);
  const std::int64_t wait_ms = std::clamp(need_ms, least_ms, most_ms);
  return wait_ms + wait_ms * (refused_ % spread) / (2 * spread);
}

}  // namespace marquee::load_balancer
