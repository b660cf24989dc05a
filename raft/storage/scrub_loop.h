#pragma once

#include <condition_variable>
#include <mutex>
#include <thread>

#include "raft/storage/log_scrubber.h"

namespace marquee::raft {

/// The scrub thread: steps the scrubber whenever it wants to be stepped.
class scrub_loop {
 public:
  /// `scrubber` must outlive it.
  explicit scrub_loop(log_scrubber& scrubber);
  ~scrub_loop();
  scrub_loop(const scrub_loop&) = delete;
  scrub_loop& operator=(const scrub_loop&) = delete;

  /// Joins after the step that is under way. Twice is harmless.
  void stop();

 private:
  void run();

  log_scrubber& scrubber_;
  std::mutex mutex_;
  std::condition_variable ending_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace marquee::raft
