#include "write_manager/broker_registry.h"

#include <algorithm>

namespace marquee::write_manager {

namespace {
/// Heartbeats come every second.
constexpr std::size_t samples_kept = 6;
}  // namespace

bool broker_registry::runs_twice(const replica_id& replica, const process_stamp& process) const {
  const std::lock_guard lock(mutex_);
  const auto known = heartbeats_.find(replica.broker);
  return known != heartbeats_.end() && known->second.replica == replica &&
         compare_processes(known->second.process, process) == process_standing::twin;
}

bool broker_registry::note(const replica_id& replica, const process_stamp& process,
                           const broker_report& report) {
  const std::lock_guard lock(mutex_);
  heartbeat& known = heartbeats_[replica.broker];
  const bool news = known.monotonic_ms == 0 || known.replica != replica || known.process.boot != process.boot;
  known = {replica, process, clock_.wall_ms(), clock_.monotonic_ms(), report};
  std::deque<heartbeat>& samples = samples_[replica.broker];
  if (news) samples.clear();
  samples.push_back(known);
  if (samples.size() > samples_kept) samples.pop_front();
  health_.heard(replica.broker, {process.boot, report.connected_peers, report.stopping}, known.monotonic_ms);
  return news;
}

std::optional<traffic_rates> broker_registry::rates() const {
  const std::lock_guard lock(mutex_);
  std::optional<traffic_rates> all;
  for (const auto& [id, samples] : samples_) {
    const heartbeat& newest = samples.back();
    const std::int64_t over_ms = newest.monotonic_ms - samples.front().monotonic_ms;
    if (over_ms <= 0 || clock_.monotonic_ms() - newest.monotonic_ms >= options_.quiet_ms) continue;
    const auto per_s = [over_ms](std::int64_t from, std::int64_t to) {
      return static_cast<double>(std::max<std::int64_t>(0, to - from)) * 1000.0 /
             static_cast<double>(over_ms);
    };
    if (!all) all.emplace();
    const broker_report& oldest = samples.front().report;
    all->produced_per_s += per_s(oldest.produced_records, newest.report.produced_records);
    all->consumed_per_s += per_s(oldest.fetched_records, newest.report.fetched_records);
  }
  return all;
}

std::optional<broker_registry::heartbeat> broker_registry::last(broker_id broker) const {
  const std::lock_guard lock(mutex_);
  const auto found = heartbeats_.find(broker);
  return found == heartbeats_.end() ? std::nullopt : std::optional(found->second);
}

std::vector<health_change> broker_registry::look(const db::metadata_snapshot& metadata) {
  std::map<broker_id, bool> evicted_by_id;
  // One that was only announced is no member before it has come.
  for (const auto& [id, broker] : metadata.brokers())
    if (broker.incarnation.value() != 0) evicted_by_id[id] = broker.evicted();
  const std::lock_guard lock(mutex_);
  return health_.look(evicted_by_id, clock_.monotonic_ms());
}

broker_state broker_registry::state_of(broker_id broker) const {
  const std::lock_guard lock(mutex_);
  return health_.state_of(broker);
}

std::vector<placement_candidate> broker_registry::candidates(const db::metadata_snapshot& metadata) const {
  std::map<broker_id, placement_candidate> found;
  for (const auto& [id, broker] : metadata.brokers())
    if (broker.incarnation.value() != 0 && !broker.evicted() &&
        ask_health([&](const broker_health& health, std::int64_t now_ms) {
          return health.takes_replicas(id, now_ms);
        }))
      found[id] = {.replica = {id, broker.incarnation}, .rack = broker.rack};
  for (const auto& [name, topic] : metadata.topics())
    for (const db::partition_row& partition : topic->partitions)
      for (std::size_t i = 0; i < partition.voters.size(); ++i) {
        const auto candidate = found.find(partition.voters[i].broker);
        if (candidate == found.end()) continue;
        ++candidate->second.replicas;
        if (i == 0) ++candidate->second.first_places;
      }
  std::vector<placement_candidate> all;
  for (auto& [id, candidate] : found) all.push_back(std::move(candidate));
  return all;
}

std::vector<db::broker_row> broker_registry::live(const db::metadata_snapshot& metadata) const {
  std::vector<db::broker_row> all;
  for (const auto& [id, broker] : metadata.brokers())
    if (ask_health(
            [&](const broker_health& health, std::int64_t now_ms) { return health.answers(id, now_ms); }))
      all.push_back(broker);
  return all;
}

}  // namespace marquee::write_manager
