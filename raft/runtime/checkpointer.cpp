#include "raft/runtime/checkpointer.h"

#include <algorithm>
#include <mutex>
#include <utility>

#include "base/logging.h"

namespace marquee::raft {

namespace {
constexpr std::int64_t least_pause_us = 100'000;
constexpr std::int64_t again_pause_us = 3'000'000;
}  // namespace

struct checkpointer::gathering {
  std::mutex mutex;
  std::vector<group_checkpoint> parts;
  std::size_t threads_left = 0;
  std::function<void(result<>)> done;
};

checkpointer::checkpointer(log_store& store, const std::vector<std::unique_ptr<partition_thread>>& threads,
                           runtime_metrics& metrics, const clock& time)
    : store_(store), threads_(threads), metrics_(metrics), time_(time) {}

void checkpointer::begin_for_segments() {
  if (!under_way_ && time_.monotonic_us() >= not_for_segments_before_us_) begin();
}

void checkpointer::begin_again() {
  if (!under_way_ && time_.monotonic_us() >= begun_us_ + again_pause_us) begin();
}

void checkpointer::begin(std::function<void(result<>)> done) {
  while (under_way_.exchange(true)) {
    if (done) return done(fail(error_code::conflict, "a checkpoint is under way"));
    wanted_again_ = true;
    // Unless it has just ended without having seen that.
    if (under_way_ || !wanted_again_.exchange(false)) return;
  }
  begun_us_ = time_.monotonic_us();
  const auto shared = std::make_shared<gathering>();
  shared->threads_left = threads_.size();
  shared->done = std::move(done);
  for (const auto& thread : threads_) {
    thread->home_loop().post([this, shared, &home = *thread] {
      std::vector<group_checkpoint> own;
      for (const auto& [group, who] : home.replicas())
        if (auto part = who->make_checkpoint()) own.push_back(std::move(*part));
      const std::lock_guard lock(shared->mutex);
      std::move(own.begin(), own.end(), std::back_inserter(shared->parts));
      if (--shared->threads_left > 0) return;
      store_.checkpoint(std::move(shared->parts), [this, done = std::move(shared->done)](
                                                      const result<>& outcome) { finished(done, outcome); });
    });
  }
}

void checkpointer::finished(const std::function<void(result<>)>& done, const result<>& outcome) {
  const bool failed_before = failing_.exchange(!outcome);
  if (outcome) {
    metrics_.checkpoints.add();
    if (failed_before) log_info("raft", "checkpoints are completed again");
  } else {
    metrics_.checkpoints_failed.add();
    if (!failed_before)
      log_error("raft", "a checkpoint failed, so the write-ahead log is not shortened: {}",
                outcome.error().message);
  }
  const std::int64_t now_us = time_.monotonic_us();
  not_for_segments_before_us_ = now_us + std::max(least_pause_us, 4 * (now_us - begun_us_));
  under_way_ = false;
  if (done) done(outcome);
  if (wanted_again_.exchange(false)) begin();
}

}  // namespace marquee::raft
