#include "raft/runtime/heartbeat_board.h"

#include <algorithm>

namespace marquee::raft {

namespace {
/// Much more than a partition thread may miss before its heartbeats stop anyway.
constexpr int collections_most = 30;
}  // namespace

bool heartbeat_board::publish(const group_message& heartbeat) {
  const message& latest = heartbeat.value;
  const std::lock_guard lock(mutex_);
  std::vector<posted>& followers = groups_[heartbeat.group];
  const auto known = std::find_if(followers.begin(), followers.end(),
                                  [&](const posted& each) { return each.value.to == latest.to; });
  if (known == followers.end()) {
    followers.push_back({latest});
    return true;
  }
  const message& before = known->value;
  const bool news =
      before.term != latest.term || before.commit != latest.commit || before.context != latest.context;
  *known = {latest};
  return news;
}

void heartbeat_board::remove(const group_id& group) {
  const std::lock_guard lock(mutex_);
  groups_.erase(group);
}

void heartbeat_board::collect(messages_by_broker& into) {
  const std::lock_guard lock(mutex_);
  for (auto& [group, followers] : groups_) {
    std::erase_if(followers, [](posted& each) { return ++each.collected > collections_most; });
    for (const posted& each : followers) into[each.value.to.broker].push_back({group, each.value});
  }
}

}  // namespace marquee::raft
