// What a hosted_replica does about its segments: when one ends, and where the log begins (DESIGN D6).

#include <utility>

#include "raft/core/log_start.h"
#include "raft/runtime/hosted_replica.h"

namespace marquee::raft {

void hosted_replica::ask_for_new_segment() {
  if (log_->wants_new_segment() && environment_.segment_ended) environment_.segment_ended();
}

void hosted_replica::tend_segments(std::int64_t append_time_ms) {
  if (!node_) return;
  log_->end_segment_older_than(append_time_ms);
  ask_for_new_segment();
  log_->drop_old_segments();
}

bool hosted_replica::raise_log_start(const entry& committed) {
  const result<log_start_mark> mark = decode_log_start(committed.head);
  if (!mark) {
    fence(error{mark.error().code,
                "entry " + std::to_string(committed.index.value()) + ": " + mark.error().message});
    return false;
  }
  log_start_ = std::max(log_start_, mark->offset);
  log_->raise_log_start(*mark);
  return true;
}

}  // namespace marquee::raft
