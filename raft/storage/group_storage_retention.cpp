// The half of group_storage that retention asks: when a segment ends, where the log begins, what may go.
#include <utility>

#include "raft/storage/group_storage.h"

namespace marquee::raft {

bool group_storage::wants_new_segment_locked() const {
  return !segments_.empty() && (roll_wanted_ || base_.file_bytes + tail_.size_bytes() >= segment_bytes_);
}

bool group_storage::wants_new_segment() const {
  const std::lock_guard guard(mutex_);
  return wants_new_segment_locked();
}

segment_summary group_storage::active_summary() const {
  const segment_index& about = segments_.back()->index();
  segment_summary summary{.base_index = about.base_index(),
                          .last_index = about.last_index(),
                          .base_offset = segments_.back()->header().base_offset,
                          .next_offset = about.next_offset(),
                          .first_time_ms = about.first_time_ms(),
                          .last_time_ms = about.last_time_ms(),
                          .bytes = about.file_bytes() + tail_.size_bytes()};
  if (tail_.empty()) return summary;
  if (about.empty()) summary.first_time_ms = tail_.front().append_time_ms;
  summary.last_index = tail_.back().index;
  summary.next_offset = tail_.back().next_offset();
  summary.last_time_ms = tail_.back().append_time_ms;
  return summary;
}

/// A segment without records stays as it is: else the log start entry, which itself is appended, would make
/// the next segment, and that one the next entry, for ever.
void group_storage::end_segment_older_than(std::int64_t append_time_ms) {
  const std::lock_guard guard(mutex_);
  if (segments_.empty() || roll_wanted_) return;
  const segment_summary active = active_summary();
  roll_wanted_ = active.next_offset > active.base_offset && active.first_time_ms < append_time_ms;
}

std::vector<segment_summary> group_storage::segments() const {
  const std::lock_guard guard(mutex_);
  std::vector<segment_summary> all;
  all.reserve(segments_.size());
  for (const auto& s : segments_) {
    if (s == segments_.back()) break;
    const segment_index& about = s->index();
    all.push_back({.base_index = about.base_index(),
                   .last_index = about.last_index(),
                   .base_offset = s->header().base_offset,
                   .next_offset = about.next_offset(),
                   .first_time_ms = about.first_time_ms(),
                   .last_time_ms = about.last_time_ms(),
                   .bytes = about.file_bytes()});
  }
  if (!segments_.empty()) all.push_back(active_summary());
  return all;
}

bool group_storage::raise_log_start(const log_start_mark& mark) {
  const std::lock_guard guard(mutex_);
  if (mark.index <= log_start_.index && mark.offset <= log_start_.offset) return false;
  log_start_.index = std::max(log_start_.index, mark.index);
  log_start_.offset = std::max(log_start_.offset, mark.offset);
  return true;
}

log_start_mark group_storage::log_start() const {
  const std::lock_guard guard(mutex_);
  return log_start_;
}

std::vector<std::shared_ptr<segment>> group_storage::take_old_segments() {
  const std::lock_guard guard(mutex_);
  std::vector<std::shared_ptr<segment>> old;
  if (!fenced_.empty()) return old;
  while (segments_.size() > old.size() + 1 && segments_[old.size()]->index().last_index() < log_start_.index)
    old.push_back(segments_[old.size()]);
  if (old.empty()) return old;
  segments_.erase(segments_.begin(), segments_.begin() + static_cast<std::ptrdiff_t>(old.size()));
  const log_index before = segments_.front()->header().base_index - 1;
  std::size_t unused = 0;
  while (unused + 1 < configurations_.size() && configurations_[unused + 1].index <= before) ++unused;
  configurations_.erase(configurations_.begin(),
                        configurations_.begin() + static_cast<std::ptrdiff_t>(unused));
  return old;
}

}  // namespace marquee::raft
