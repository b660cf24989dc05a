#include "broker/election_patience.h"

namespace marquee::broker {

bool election_patience::is_worth_waiting(const group_id& group, bool has_leader, std::int64_t now_ms) {
  if (has_leader) {
    since_ms_.erase(group);
    return false;
  }
  // Of topics that were deleted nobody will say that they have a leader.
  if (since_ms_.size() >= partitions_most_) since_ms_.clear();
  const auto [known, is_new] = since_ms_.try_emplace(group, now_ms);
  return now_ms - known->second < patience_ms_;
}

}  // namespace marquee::broker
