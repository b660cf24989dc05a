#include "raft/storage/background_loop.h"

#include <utility>

namespace marquee::raft {

background_loop::background_loop(std::size_t jobs_most) : jobs_most_(jobs_most), thread_([this] { run(); }) {}

background_loop::~background_loop() {
  stop();
}

bool background_loop::post(std::function<void()> job) {
  const std::lock_guard guard(mutex_);
  if (stopping_ || jobs_.size() >= jobs_most_) return false;
  jobs_.push_back(std::move(job));
  ready_.notify_one();
  return true;
}

void background_loop::stop() {
  {
    const std::lock_guard guard(mutex_);
    stopping_ = true;
    ready_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
}

void background_loop::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    ready_.wait(lock, [this] { return stopping_ || !jobs_.empty(); });
    if (jobs_.empty()) return;
    const std::function<void()> job = std::move(jobs_.front());
    jobs_.pop_front();
    lock.unlock();
    job();
    lock.lock();
  }
}

}  // namespace marquee::raft
