#pragma once

#include <cstdint>

namespace marquee::db {

/// Lets a thread wait for its PostgreSQL connection, for time and for other threads at once. Thread-safe.
class thread_waker {
 public:
  enum class woken_by : std::uint8_t { data, call, time };

  thread_waker();
  ~thread_waker();
  thread_waker(const thread_waker&) = delete;
  thread_waker& operator=(const thread_waker&) = delete;

  /// Ends the wait that is under way, or the next one.
  void wake() const;
  /// Waits until `socket` (below 0: none) can be read, `wake` was called, or the time is over.
  [[nodiscard]] woken_by wait(int socket, std::int64_t timeout_ms) const;

 private:
  int event_;
};

}  // namespace marquee::db
