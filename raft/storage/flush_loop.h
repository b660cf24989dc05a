#pragma once

#include <thread>

#include "raft/storage/flush_queue.h"

namespace marquee::raft {

/// The flush thread: steps the queue whenever there is something in it.
class flush_loop {
 public:
  explicit flush_loop(flush_queue& queue);
  ~flush_loop();
  flush_loop(const flush_loop&) = delete;
  flush_loop& operator=(const flush_loop&) = delete;

  /// Flushes what is queued, syncs, and joins. Twice is harmless.
  void stop();

 private:
  void run();

  flush_queue& queue_;
  std::thread thread_;
};

}  // namespace marquee::raft
