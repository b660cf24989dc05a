#include "raft/storage/scrub_loop.h"

#include <chrono>

namespace marquee::raft {

scrub_loop::scrub_loop(log_scrubber& scrubber) : scrubber_(scrubber), thread_([this] { run(); }) {}

scrub_loop::~scrub_loop() {
  stop();
}

void scrub_loop::run() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    lock.unlock();
    const std::chrono::microseconds wait(scrubber_.step());
    lock.lock();
    ending_.wait_for(lock, wait, [this] { return stopping_; });
  }
}

void scrub_loop::stop() {
  {
    const std::lock_guard guard(mutex_);
    stopping_ = true;
    ending_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
}

}  // namespace marquee::raft
