#include "raft/core/peer_replication.h"

#include <algorithm>
#include <utility>

#include "raft/core/planted_bugs.h"

namespace marquee::raft {

void peer_replication::sent(log_index last) {
  quiet_ = false;
  if (probing_) {
    waiting_ = true;
    return;
  }
  next_ = last + 1;
  in_flight_.push_back(last);
}

bool peer_replication::acknowledged(log_index index) {
  if (index < match_) return false;
  const bool news = index > match_ || probing_;
  match_ = index;
  next_ = std::max(next_, index + 1);
  while (!in_flight_.empty() && in_flight_.front() <= index) in_flight_.pop_front();
  if (probing_) {
    probing_ = false;
    next_ = match_ + 1;
  }
  waiting_ = false;
  if (news) quiet_ = false;
  return news;
}

bool peer_replication::is_current_rejection(log_index rejected) const {
  return probing_ ? rejected == next_ - 1 : rejected > match_ && rejected < next_;
}

void peer_replication::probe_from(log_index next) {
  next_ = std::max(next, match_ + 1);
  probing_ = true;
  waiting_ = false;
  quiet_ = false;
  in_flight_.clear();
}

void peer_replication::connection_lost() {
  probe_from(match_ + 1);
  waiting_ = true;
}

void peer_replication::connection_back() {
  probe_from(match_ + 1);
}

void peer_replication::lost_entries(std::uint64_t losses, log_index next) {
  losses_ = losses;
  if (planted(planted_bug::never_lowers_match)) return;
  match_ = log_index(0);
  probe_from(next);
}

bool peer_replication::heartbeat_answered() {
  const bool was_quiet = std::exchange(quiet_, true);
  if (planted(planted_bug::waits_for_lost_appends)) return false;
  if (was_quiet) waiting_ = false;
  return was_quiet;
}

}  // namespace marquee::raft
