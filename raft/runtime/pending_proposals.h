#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>

#include "base/types.h"
#include "raft/core/entry.h"
#include "raft/runtime/replica.h"
#include "raft/runtime/runtime_metrics.h"

namespace marquee::raft {

/// Proposals of one group that were appended here and wait to be applied, in log order. Each gets exactly one
/// answer, at the latest from `fail_all`. On the group's thread.
class pending_proposals {
 public:
  explicit pending_proposals(runtime_metrics& metrics) : metrics_(metrics) {}

  void add(log_index index, term_number term, std::int64_t now_us, proposal_done done);
  /// Entries up to `index` are durable here.
  void durable(log_index index, std::int64_t now_us, std::int64_t sync_us);
  /// Answers the proposal that this entry came from, if it came from one.
  void applied(const entry& committed, std::int64_t now_us);
  /// Leadership is gone: whatever was appended may or may not be committed by somebody else.
  void fail_all(const error& why);
  [[nodiscard]] std::size_t size() const { return waiting_.size(); }

 private:
  struct proposed {
    proposal_outcome outcome;
    std::int64_t started_us = 0;
    bool durable = false;
    proposal_done done;
  };
  runtime_metrics& metrics_;
  std::deque<proposed> waiting_;
};

}  // namespace marquee::raft
