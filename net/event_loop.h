#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "net/deadline.h"
#include "net/task.h"

namespace marquee::net {

/// One thread that runs callbacks and coroutines one after the other. What belongs to a loop (streams,
/// servers, clients) is used on its thread only, so that it needs no locks. Starts its thread when it is
/// made. `stop` (also the destructor) lets the running callback end, then destroys what was still suspended;
/// whoever owns things on the loop stops them first. An exception that leaves a callback or a spawned
/// coroutine is logged with the loop's name, and the loop goes on.
class event_loop {
 public:
  /// `name` is at most 15 characters: it names the thread, and the loop in the log.
  explicit event_loop(std::string name);
  ~event_loop();
  event_loop(const event_loop&) = delete;
  event_loop& operator=(const event_loop&) = delete;

  /// Runs `work` on the loop, never inside the caller. Thread-safe, never blocks.
  void post(std::move_only_function<void()> work);
  /// Runs `work` on the loop after `delay_ms`. Thread-safe. Dropped without a call if the loop stops before.
  void post_after_ms(std::int64_t delay_ms, std::move_only_function<void()> work);
  /// Starts a coroutine on the loop: at once, as far as its first wait, if called there. Thread-safe. The
  /// callable lives as long as its coroutine.
  void spawn(std::move_only_function<task<void>()> coroutine);
  /// Runs `work` on the loop and waits for its end. Not from the loop's own thread.
  void run_and_wait(std::move_only_function<void()> work);
  /// Runs a coroutine on the loop and waits for its end. Not from the loop's own thread.
  void spawn_and_wait(std::move_only_function<task<void>()> coroutine);

  [[nodiscard]] bool on_this_thread() const;
  [[nodiscard]] const std::string& name() const { return name_; }

  /// Ends the thread. May be called twice, not from the loop's own thread.
  void stop();

  /// For net/ itself.
  struct state;
  [[nodiscard]] state& internals() const { return *state_; }

 private:
  std::string name_;
  std::unique_ptr<state> state_;
};

/// Suspends the calling coroutine.
[[nodiscard]] task<> sleep_ms(std::int64_t duration_ms);
[[nodiscard]] task<> sleep_until(deadline end);
/// Goes to the end of the queue of the calling coroutine's loop.
[[nodiscard]] task<> yield_to_others();

}  // namespace marquee::net
