#include "booking_app/replica/snapshot_keeper.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>

#include "base/clock.h"
#include "base/logging.h"

namespace marquee::booking {

namespace {

constexpr const char* component = "booking.replica";

}  // namespace

struct snapshot_keeper::state {
  snapshot_store store;
  const follower& of;
  const std::int64_t interval;
  metric_counter& taken;
  metric_counter& failed;
  metric_gauge& offset;
  metric_gauge& size_bytes;
  std::int64_t saved;  ///< on the keeper's thread

  std::mutex mutex{};  ///< everything below
  std::condition_variable changed{};
  std::int64_t due;  ///< the next offset at which one is taken
  bool wanted = false;
  bool stopping = false;
  std::thread thread{};

  void run();
  void take();
};

void snapshot_keeper::state::run() {
  std::unique_lock lock(mutex);
  while (true) {
    changed.wait(lock, [this] { return wanted || stopping; });
    const bool is_last = stopping;
    wanted = false;
    lock.unlock();
    take();
    if (is_last) return;
    lock.lock();
  }
}

void snapshot_keeper::state::take() {
  system_clock time;
  const std::int64_t began_ms = time.monotonic_ms();
  const auto snapshot = of.snapshot();
  if (!snapshot || snapshot->next_offset == saved) return;
  const auto written = store.save(snapshot->bytes, snapshot->next_offset);
  const std::lock_guard lock(mutex);
  if (!written) {
    failed.add();
    due = snapshot->next_offset + std::max<std::int64_t>(1, interval / 10);
    log_warning(component, "no snapshot at offset {}: {}", snapshot->next_offset, written.error().message);
    return;
  }
  saved = snapshot->next_offset;
  due = saved + interval;
  taken.add();
  offset.set(saved);
  size_bytes.set(static_cast<std::int64_t>(snapshot->bytes.size()));
  log_info(component, "snapshot up to offset {}: {} bytes in {} ms", saved, snapshot->bytes.size(),
           time.monotonic_ms() - began_ms);
}

snapshot_keeper::snapshot_keeper(snapshot_store store, const follower& of, std::int64_t saved,
                                 std::int64_t interval_records, metrics_registry& metrics)
    : state_(new state{
          .store = std::move(store),
          .of = of,
          .interval = interval_records,
          .taken = metrics.counter("marquee_booking_replica_snapshots_total", "Snapshots that were written."),
          .failed = metrics.counter("marquee_booking_replica_snapshot_failures_total",
                                    "Snapshots that could not be written."),
          .offset = metrics.gauge("marquee_booking_replica_snapshot_offset",
                                  "The offset at which the newest snapshot goes on."),
          .size_bytes =
              metrics.gauge("marquee_booking_replica_snapshot_bytes", "Size of the newest snapshot."),
          .saved = saved,
          .due = saved + interval_records}) {
  state_->offset.set(saved);
  state_->thread = std::thread([own = state_.get()] { own->run(); });
}

snapshot_keeper::~snapshot_keeper() {
  stop();
}

void snapshot_keeper::stop() {
  if (!state_->thread.joinable()) return;
  {
    const std::lock_guard lock(state_->mutex);
    state_->stopping = true;
  }
  state_->changed.notify_one();
  state_->thread.join();
}

void snapshot_keeper::note(std::int64_t next_offset) {
  const std::lock_guard lock(state_->mutex);
  if (next_offset < state_->due) return;
  state_->due = next_offset + state_->interval;
  state_->wanted = true;
  state_->changed.notify_one();
}

void snapshot_keeper::request() {
  const std::lock_guard lock(state_->mutex);
  state_->wanted = true;
  state_->changed.notify_one();
}

}  // namespace marquee::booking
