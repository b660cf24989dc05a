#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "raft/runtime/partition_thread.h"
#include "raft/runtime/runtime_metrics.h"
#include "raft/storage/log_store.h"

namespace marquee::raft {

/// Gathers each group's part of a checkpoint on the group's own thread and hands all of them to the log
/// store. One checkpoint at a time. Thread-safe.
class checkpointer {
 public:
  checkpointer(log_store& store, const std::vector<std::unique_ptr<partition_thread>>& threads,
               runtime_metrics& metrics, const clock& time);

  /// Begins one. If one is under way: without `done` another one follows it, for what the log wants after its
  /// own part of a checkpoint was done would else be lost; `done` is called at once, with `conflict`. Else it
  /// is called when the checkpoint ends, on the checkpoint thread.
  void begin(std::function<void(result<>)> done = {});
  /// As `begin`, but not at once after another one: checkpoints for the sake of small segments take no more
  /// than a fifth of the time. Whoever still wants one asks again.
  void begin_for_segments();
  /// As `begin`, but not more often than every few seconds: for one that is tried again.
  void begin_again();

 private:
  struct gathering;
  void finished(const std::function<void(result<>)>& done, const result<>& outcome);

  log_store& store_;
  const std::vector<std::unique_ptr<partition_thread>>& threads_;
  runtime_metrics& metrics_;
  const clock& time_;
  std::atomic<bool> under_way_{false};
  std::atomic<bool> wanted_again_{false};
  /// The last one failed; said once, for it is tried again every second.
  std::atomic<bool> failing_{false};
  std::atomic<std::int64_t> begun_us_{0};
  std::atomic<std::int64_t> not_for_segments_before_us_{0};
};

}  // namespace marquee::raft
