#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <utility>

#include "base/result.h"
#include "net/deadline.h"
#include "net/task.h"
#include "net/wake_point.h"

namespace marquee::net {

namespace detail {
template <class T>
struct future_state {
  ~future_state() = default;
  std::mutex mutex;
  std::optional<result<T>> value;
  wake_point point;

  bool set(result<T> outcome) {
    {
      const std::lock_guard lock(mutex);
      if (value) return false;
      value.emplace(std::move(outcome));
    }
    point.wake_all();
    return true;
  }
  std::optional<result<T>> take() {
    const std::lock_guard lock(mutex);
    return value ? std::optional<result<T>>(std::move(*value)) : std::nullopt;
  }
};
}  // namespace detail

/// The receiving end of one answer: how a coroutine awaits a callback of another thread. One waiter. Movable.
template <class T = void>
class future {
 public:
  explicit future(std::shared_ptr<detail::future_state<T>> state) : state_(std::move(state)) {}

  /// The answer, once: the value is moved out. Resumes on the caller's loop. Errors besides those that were
  /// set: timed_out at the deadline (the answer may still come: wait again), cancelled when `cancel` was
  /// requested or when every promise was dropped without an answer.
  [[nodiscard]] task<result<T>> wait(deadline end = deadline::never(), std::stop_token cancel = {}) {
    const auto state = state_;
    for (;;) {
      const std::uint64_t seen = state->point.generation();
      if (std::optional<result<T>> value = state->take()) co_return std::move(*value);
      switch (co_await state->point.wait(seen, end, cancel)) {
        case wake_reason::woken:
          break;
        case wake_reason::deadline_passed:
          co_return fail(error_code::timed_out, "no answer within the deadline");
        case wake_reason::cancelled:
          co_return fail(error_code::cancelled, "the wait was cancelled");
      }
    }
  }
  [[nodiscard]] bool ready() const {
    const std::lock_guard lock(state_->mutex);
    return state_->value.has_value();
  }

 private:
  std::shared_ptr<detail::future_state<T>> state_;
};

/// The sending end: set once, from any thread. Copies share the one answer, so that it fits into a
/// std::function; when the last copy goes without an answer, the future fails with `cancelled`.
template <class T = void>
class promise {
 public:
  promise() : sender_(std::make_shared<sender>()) {}

  /// Call once.
  [[nodiscard]] future<T> get_future() const { return future<T>(sender_->state); }
  /// True if this was the answer, false if there was one before.
  bool set(result<T> outcome) const { return sender_->state->set(std::move(outcome)); }

 private:
  struct sender {
    std::shared_ptr<detail::future_state<T>> state = std::make_shared<detail::future_state<T>>();
    ~sender() { state->set(fail(error_code::cancelled, "the work was dropped before it had an answer")); }
  };
  std::shared_ptr<sender> sender_;
};

}  // namespace marquee::net
