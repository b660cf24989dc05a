#pragma once

#include <cstdint>
#include <memory>
#include <stop_token>

#include "net/deadline.h"
#include "net/task.h"

namespace marquee::net {

/// Why a wait ended.
enum class wake_reason : std::uint8_t { woken, deadline_passed, cancelled };

/// Where coroutines of any loops wait until somebody, on any thread, wakes them; what `future` and `notifier`
/// are made of. Counts its wakes, so that no wake between a look at the state and the wait is lost:
///
///     const auto seen = point.generation();
///     if (!ready()) co_await point.wait(seen, deadline);
///
/// Thread-safe. Copies are the same point. May be dropped while coroutines wait: they wait for deadline or
/// cancellation. A waiter resumes on its own loop.
class wake_point {
 public:
  wake_point();

  [[nodiscard]] std::uint64_t generation() const;
  /// Every waiter goes on, and everybody who has not begun to wait but has seen an older generation.
  void wake_all() const;
  /// Returns when the generation differs from `seen`, at the deadline, or when `cancel` is requested,
  /// whichever is first.
  [[nodiscard]] task<wake_reason> wait(std::uint64_t seen, deadline end = deadline::never(),
                                       std::stop_token cancel = {}) const;
  /// Coroutines that wait now.
  [[nodiscard]] std::size_t waiting() const;

 private:
  struct state;
  std::shared_ptr<state> state_;
};

/// Wakes many waiters, such as the long polls of a partition when something was appended.
using notifier = wake_point;

}  // namespace marquee::net
