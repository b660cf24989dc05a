#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

namespace marquee::raft {

/// The checkpoint thread: does jobs that take long (moving entries to segments, making files, removing
/// groups), one after the other. Bounded: `post` says no when too many wait.
class background_loop {
 public:
  explicit background_loop(std::size_t jobs_most = 1024);
  ~background_loop();
  background_loop(const background_loop&) = delete;
  background_loop& operator=(const background_loop&) = delete;

  /// False: the queue is full or the loop stops; the job will not run.
  [[nodiscard]] bool post(std::function<void()> job);
  /// Does what is queued and joins. Twice is harmless.
  void stop();

 private:
  void run();

  const std::size_t jobs_most_;
  std::mutex mutex_;
  std::condition_variable ready_;
  std::deque<std::function<void()>> jobs_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace marquee::raft
