#pragma once

#include <condition_variable>
#include <cstddef>
#include <mutex>

namespace marquee::booking {

/// Holds a feed's thread up while the loop has too much that it gave. Thread-safe.
class feed_gate {
 public:
  explicit feed_gate(std::size_t most_bytes) : most_bytes_(most_bytes) {}

  /// On the feed's thread: these bytes are handed over. Blocks while there is too much already.
  void enter(std::size_t bytes) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return open_ || handed_over_ + waiting_ < most_bytes_; });
    handed_over_ += bytes;
  }
  /// On the loop: these bytes have arrived, and so many wait there in all.
  void arrived(std::size_t bytes, std::size_t waiting) {
    const std::lock_guard lock(mutex_);
    handed_over_ -= bytes;
    waiting_ = waiting;
    changed_.notify_all();
  }
  void set_waiting(std::size_t waiting) { arrived(0, waiting); }
  /// Nobody is held up any more.
  void open() {
    const std::lock_guard lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }

 private:
  std::size_t most_bytes_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t handed_over_ = 0;
  std::size_t waiting_ = 0;
  bool open_ = false;
};

}  // namespace marquee::booking
