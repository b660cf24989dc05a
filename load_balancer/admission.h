#pragma once

#include <cstdint>
#include <optional>

#include "base/clock.h"
#include "base/metrics.h"

namespace marquee::load_balancer {

/// Bounds the requests that are under way at once (DESIGN D22), so that under overload those that are let in
/// are answered in time and the others learn at once when to come again, instead of all being answered too
/// late. Counts what ends, to know how long the ones under way will take. On the load balancer's loop.
class admission {
 public:
  /// Held while a request is under way; ends it when destroyed.
  class pass {
   public:
    explicit pass(admission& owner) : owner_(&owner) {}
    pass(pass&& other) noexcept : owner_(other.owner_) { other.owner_ = nullptr; }
    pass& operator=(pass&&) = delete;
    pass(const pass&) = delete;
    pass& operator=(const pass&) = delete;
    ~pass() {
      if (owner_ != nullptr) owner_->leave();
    }

   private:
    admission* owner_;
  };

  /// `time` must outlive this, and this every pass.
  admission(std::int64_t requests_most, const clock& time, metrics_registry& metrics);

  /// Nothing: as many as allowed are under way.
  [[nodiscard]] std::optional<pass> enter();
  /// When one that was refused should come again: as long as those under way need at the present rate,
  /// between 100 ms and 10 s, spread over half as much again so that not all come back at once.
  [[nodiscard]] std::int64_t retry_after_ms() const;

 private:
  void leave();
  /// Begins a new second where one is over.
  void turn_window();

  const std::int64_t requests_most_;
  const clock& clock_;
  std::int64_t under_way_ = 0;
  std::int64_t refused_ = 0;
  std::int64_t window_began_ms_;
  std::int64_t ended_in_window_ = 0;
  std::int64_t ended_per_s_ = 0;  ///< in the last whole window
  metric_gauge& gauge_;
  metric_counter& refusals_;
};

}  // namespace marquee::load_balancer
