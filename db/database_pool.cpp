#include "db/database_pool.h"

#include <algorithm>

namespace marquee::db {

database_pool::database_pool(database_connection_options options, std::int64_t threads,
                             std::int64_t queue_limit)
    : options_(std::move(options)), queue_limit_(static_cast<std::size_t>(queue_limit)) {
  for (std::int64_t i = 0; i < threads; ++i) threads_.emplace_back([this] { work(); });
}

database_pool::~database_pool() {
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    queue_.clear();
  }
  changed_.notify_all();
  watchdog_.end_all();
  for (std::thread& thread : threads_) thread.join();
}

result<> database_pool::admit(net::deadline& end) const {
  constexpr std::int64_t patience_while_down_ms = 1'000;
  if (options_.status == nullptr) return {};
  if (options_.status->down()) end = end.earlier_of(net::deadline::in_ms(patience_while_down_ms));
  return options_.status->check_own();
}

net::deadline database_pool::before(net::deadline end) {
  constexpr std::int64_t most_ms = 100;
  if (end.is_never()) return end;
  return net::deadline::in_ms(end.remaining_ms() - std::min(most_ms, end.remaining_ms() / 4));
}

void database_pool::note_wait(std::chrono::steady_clock::time_point asked_at) const {
  if (options_.status == nullptr) return;
  const auto waited = std::chrono::steady_clock::now() - asked_at;
  options_.status->waited(std::chrono::duration_cast<std::chrono::microseconds>(waited).count());
}

bool database_pool::enqueue(job next) {
  {
    const std::lock_guard lock(mutex_);
    if (stopped_ || queue_.size() >= queue_limit_) return false;
    queue_.push_back(std::move(next));
  }
  changed_.notify_one();
  return true;
}

void database_pool::work() {
  database_connection connection(options_, watchdog_);
  for (;;) {
    job next;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return stopped_ || !queue_.empty(); });
      if (stopped_) return;
      next = std::move(queue_.front());
      queue_.pop_front();
    }
    // Dropping the job drops its promise: its caller hears that nothing was done.
    if (!next.end.passed()) next.work(connection);
  }
}

}  // namespace marquee::db
