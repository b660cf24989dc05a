#include "write_manager/leader_spread.h"

#include <algorithm>

namespace marquee::write_manager {

namespace {

const spread_broker* find(const std::map<broker_id, spread_broker>& brokers, broker_id id) {
  const auto found = brokers.find(id);
  return found == brokers.end() ? nullptr : &found->second;
}

}  // namespace

void leader_spread::observe(const std::map<group_id, broker_id>& leaders, std::int64_t now_ms) {
  std::erase_if(histories_, [&](const auto& item) {
    if (leaders.contains(item.first)) return false;
    if (item.second.under_way) --under_way_;
    return true;
  });
  for (const auto& [group, leader] : leaders) {
    history& known = histories_[group];
    if (known.leader && *known.leader != leader) known.moved_ms = now_ms;
    known.leader = leader;
  }
}

bool leader_spread::held(const led_partition& partition, const history& of, std::int64_t now_ms) const {
  if (partition.ordered_ms_ago) return *partition.ordered_ms_ago < options_.hold_ms;
  return of.moved_ms && now_ms - *of.moved_ms < options_.steady_ms;
}

bool leader_spread::wanted(const led_partition& partition, const std::map<broker_id, spread_broker>& brokers,
                           std::int64_t now_ms) const {
  if (partition.leader == partition.preferred || !partition.preferred_in_sync) return false;
  const spread_broker* target = find(brokers, partition.preferred);
  const spread_broker* leader = find(brokers, partition.leader);
  if (target == nullptr || leader == nullptr || !leader->steady_since_ms) return false;
  return !target->disk_full && target->steady_since_ms &&
         now_ms - *target->steady_since_ms >= options_.steady_ms;
}

std::vector<leader_transfer> leader_spread::next(const std::vector<led_partition>& partitions,
                                                 const std::map<broker_id, spread_broker>& brokers,
                                                 std::int64_t now_ms) {
  std::vector<leader_transfer> transfers;
  for (const led_partition& partition : partitions) {
    const auto found = histories_.find(partition.group);
    if (found == histories_.end()) continue;
    history& known = found->second;
    if (known.leader == partition.preferred) {
      known.attempts = 0;
      known.not_before_ms = 0;
    }
    // What the leader stream says is newer than the description, or older: only what both say counts.
    if (known.leader != partition.leader || known.under_way || now_ms < known.not_before_ms) continue;
    if (static_cast<std::int64_t>(under_way_) >= options_.at_once) break;
    if (!wanted(partition, brokers, now_ms) || held(partition, known, now_ms)) continue;
    known.under_way = true;
    ++under_way_;
    transfers.push_back({partition.group, partition.leader, partition.preferred});
  }
  return transfers;
}

void leader_spread::answered(const leader_transfer& transfer, std::int64_t now_ms) {
  const auto found = histories_.find(transfer.group);
  if (found == histories_.end() || !found->second.under_way) return;
  history& known = found->second;
  known.under_way = false;
  --under_way_;
  constexpr std::int64_t doublings_most = 16;
  const std::int64_t pause_ms = options_.retry_least_ms << std::min(known.attempts, doublings_most);
  known.not_before_ms = now_ms + std::min(pause_ms, options_.retry_most_ms);
  ++known.attempts;
}

}  // namespace marquee::write_manager
