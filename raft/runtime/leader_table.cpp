#include "raft/runtime/leader_table.h"

#include <utility>

namespace marquee::raft {

void leader_table::on_change(std::function<void(std::uint64_t version)> callback) {
  on_change_ = std::move(callback);
}

bool leader_table::note(const group_leader& news) {
  std::uint64_t version = 0;
  {
    const std::lock_guard lock(mutex_);
    if (!note_locked(news)) return false;
    version = version_;
  }
  if (on_change_) on_change_(version);
  return true;
}

void leader_table::note_all(const std::vector<group_leader>& news) {
  bool changed = false;
  std::uint64_t version = 0;
  {
    const std::lock_guard lock(mutex_);
    for (const group_leader& each : news) changed |= note_locked(each);
    version = version_;
  }
  if (changed && on_change_) on_change_(version);
}

bool leader_table::note_locked(const group_leader& news) {
  const auto [found, is_new] = groups_.try_emplace(news.group);
  known& entry = found->second;
  if (!is_new) {
    if (news.term <= entry.value.term) return false;
    by_version_.erase(entry.version);
  }
  entry.value = news;
  entry.version = ++version_;
  by_version_[entry.version] = news.group;
  return true;
}

void leader_table::forget(const group_id& group) {
  const std::lock_guard lock(mutex_);
  const auto found = groups_.find(group);
  if (found == groups_.end()) return;
  by_version_.erase(found->second.version);
  groups_.erase(found);
}

std::optional<group_leader> leader_table::find(const group_id& group) const {
  const std::lock_guard lock(mutex_);
  const auto found = groups_.find(group);
  if (found == groups_.end()) return std::nullopt;
  return found->second.value;
}

std::uint64_t leader_table::version() const {
  const std::lock_guard lock(mutex_);
  return version_;
}

leader_table::changes leader_table::since(std::uint64_t version, std::size_t most) const {
  const std::lock_guard lock(mutex_);
  changes news{.version = version_, .leaders = {}};
  for (auto next = by_version_.upper_bound(version); next != by_version_.end(); ++next) {
    if (news.leaders.size() == most) {
      news.version = std::prev(next)->first;
      break;
    }
    news.leaders.push_back(groups_.at(next->second).value);
  }
  return news;
}

}  // namespace marquee::raft
