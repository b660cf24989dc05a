#include "booking_app/log/stoppable_thread.h"

#include <chrono>
#include <utility>

#include "base/assert.h"

namespace marquee::booking {

namespace {

constexpr std::chrono::milliseconds between_interrupts(10);

}  // namespace

stoppable_thread::~stoppable_thread() {
  MARQUEE_ASSERT(!thread_.joinable(), "whoever started a thread stops it");
}

void stoppable_thread::start(std::function<void()> work) {
  thread_ = std::thread([this, work = std::move(work)] {
    work();
    const std::lock_guard lock(mutex_);
    ended_ = true;
    changed_.notify_all();
  });
}

void stoppable_thread::stop(const std::function<void()>& interrupt) {
  if (!thread_.joinable()) return;
  std::unique_lock lock(mutex_);
  stopping_ = true;
  changed_.notify_all();
  while (!ended_) {
    lock.unlock();
    interrupt();
    lock.lock();
    changed_.wait_for(lock, between_interrupts, [this] { return ended_; });
  }
  lock.unlock();
  thread_.join();
}

void stoppable_thread::pause(std::int64_t duration_ms) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, std::chrono::milliseconds(duration_ms), [this] { return stopping_; });
}

}  // namespace marquee::booking
