#include "write_manager/broker_registry.h"

#include <algorithm>

namespace marquee::write_manager {

namespace {
/// Heartbeats come every second.
constexpr std::size_t samples_kept = 6;
}  // namespace

std::string_view to_string(broker_state state) {
  switch (state) {
    case broker_state::alive:
      return "alive";
    case broker_state::suspect:
      return "suspect";
    case broker_state::failed:
      return "failed";
  }
  return "failed";
}

bool broker_registry::note(const replica_id& replica, boot_count boot, const broker_report& report) {
  const std::lock_guard lock(mutex_);
  heartbeat& known = heartbeats_[replica.broker];
  const bool news = known.monotonic_ms == 0 || known.replica != replica || known.boot != boot;
  known = {replica, boot, clock_.wall_ms(), clock_.monotonic_ms(), report};
  std::deque<heartbeat>& samples = samples_[replica.broker];
  if (news) samples.clear();
  samples.push_back(known);
  if (samples.size() > samples_kept) samples.pop_front();
  return news;
}

std::optional<traffic_rates> broker_registry::rates() const {
  const std::lock_guard lock(mutex_);
  std::optional<traffic_rates> all;
  for (const auto& [id, samples] : samples_) {
    const heartbeat& newest = samples.back();
    const std::int64_t over_ms = newest.monotonic_ms - samples.front().monotonic_ms;
    if (over_ms <= 0 || clock_.monotonic_ms() - newest.monotonic_ms >= options_.suspect_after_ms) continue;
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

broker_state broker_registry::state_of(broker_id broker) const {
  const std::optional<heartbeat> known = last(broker);
  const std::int64_t silence_ms = clock_.monotonic_ms() - (known ? known->monotonic_ms : started_ms_);
  if (silence_ms >= options_.failed_after_ms) return broker_state::failed;
  return known && silence_ms < options_.suspect_after_ms ? broker_state::alive : broker_state::suspect;
}

std::vector<placement_candidate> broker_registry::candidates(const db::metadata_snapshot& metadata) const {
  std::map<broker_id, placement_candidate> found;
  for (const db::broker_row& broker : live(metadata))
    if (broker.incarnation.value() != 0)
      found[broker.id] = {.replica = {broker.id, broker.incarnation}, .rack = broker.rack};
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
    if (state_of(id) == broker_state::alive) all.push_back(broker);
  return all;
}

}  // namespace marquee::write_manager
