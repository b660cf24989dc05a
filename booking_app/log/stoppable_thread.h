#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <thread>

namespace marquee::booking {

/// A thread that works until it is told to stop, and pauses that end then.
class stoppable_thread {
 public:
  stoppable_thread() = default;
  stoppable_thread(const stoppable_thread&) = delete;
  stoppable_thread& operator=(const stoppable_thread&) = delete;
  ~stoppable_thread();

  void start(std::function<void()> work);
  /// Ends pauses and joins. `interrupt` is called until the thread is back, because it may miss the moment.
  void stop(const std::function<void()>& interrupt);
  /// On the thread itself: waits, at most until `stop`.
  void pause(std::int64_t duration_ms);

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;
  bool ended_ = false;
  std::thread thread_;
};

}  // namespace marquee::booking
