#pragma once

#include <coroutine>
#include <cstddef>
#include <exception>
#include <optional>
#include <utility>

#include "net/frame_memory.h"

namespace marquee::net {

namespace detail {

/// What the coroutines of all results have in common: they start when they are awaited, and at their end go
/// on with whoever awaited them, without a turn of the loop.
struct task_promise_base {
  std::coroutine_handle<> caller;
  std::exception_ptr problem;

  struct back_to_caller {
    bool await_ready() const noexcept { return false; }
    template <class Promise>
    std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> ended) const noexcept {
      return ended.promise().caller;
    }
    void await_resume() const noexcept {}
  };

  std::suspend_always initial_suspend() const noexcept { return {}; }
  back_to_caller final_suspend() const noexcept { return {}; }
  void unhandled_exception() noexcept { problem = std::current_exception(); }

  static void* operator new(std::size_t size) { return frame_pool::allocate(size); }
  static void operator delete(void* frame, std::size_t size) noexcept { frame_pool::release(frame, size); }
};

template <class T>
struct task_promise;

}  // namespace detail

/// A coroutine at the edge (DESIGN D3, D19): starts when it is awaited or spawned on an event_loop, and runs
/// on the thread of the loop on which it was started. Awaited once, at most. What is suspended when its loop
/// ends is destroyed. A lambda with captures that is called in place (`[x]() -> task<> {...}()`) loses its
/// captures at the end of that statement: give the lambda to `event_loop::spawn` uncalled, or pass what it
/// needs as parameters.
template <class T = void>
class task {
 public:
  using promise_type = detail::task_promise<T>;
  using value_type = T;

  explicit task(std::coroutine_handle<promise_type> frame) noexcept : frame_(frame) {}
  task(task&& other) noexcept : frame_(std::exchange(other.frame_, nullptr)) {}
  task& operator=(task&& other) noexcept {
    std::swap(frame_, other.frame_);
    return *this;
  }
  task(const task&) = delete;
  task& operator=(const task&) = delete;
  ~task() {
    if (frame_) frame_.destroy();
  }

  /// Ends with the coroutine's result, or throws what left it.
  auto operator co_await() && noexcept {
    struct call {
      std::coroutine_handle<promise_type> frame;
      bool await_ready() const noexcept { return false; }
      std::coroutine_handle<> await_suspend(std::coroutine_handle<> caller) const noexcept {
        frame.promise().caller = caller;
        return frame;
      }
      T await_resume() const { return frame.promise().take(); }
    };
    return call{frame_};
  }

 private:
  std::coroutine_handle<promise_type> frame_;
};

namespace detail {

template <class T>
struct task_promise : task_promise_base {
  std::optional<T> value;

  task<T> get_return_object() noexcept {
    return task<T>(std::coroutine_handle<task_promise>::from_promise(*this));
  }
  template <class Value = T>
  void return_value(Value&& what) {
    value.emplace(std::forward<Value>(what));
  }
  T take() {
    if (problem) std::rethrow_exception(problem);
    return std::move(*value);
  }
};

template <>
struct task_promise<void> : task_promise_base {
  task<void> get_return_object() noexcept {
    return task<void>(std::coroutine_handle<task_promise>::from_promise(*this));
  }
  void return_void() const noexcept {}
  void take() const {
    if (problem) std::rethrow_exception(problem);
  }
};

}  // namespace detail

}  // namespace marquee::net
