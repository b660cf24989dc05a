#include "write_manager/broker_health.h"

#include <algorithm>
#include <utility>

namespace marquee::write_manager {

std::string_view to_string(broker_state state) {
  switch (state) {
    case broker_state::alive:
      return "alive";
    case broker_state::draining:
      return "draining";
    case broker_state::suspect:
      return "suspect";
    case broker_state::isolated:
      return "isolated";
    case broker_state::failed:
      return "failed";
    case broker_state::evicted:
      return "evicted";
  }
  return "failed";
}

std::int64_t broker_health_options::gap_ms() const {
  constexpr std::int64_t least_ms = 1'500;
  return std::max(least_ms, quiet_ms / 2);
}

std::int64_t broker_health_options::confirmation_ms() const {
  return suspect_ms / 5;
}

std::int64_t broker_health_options::pause_ms() const {
  constexpr std::int64_t least_ms = 1'000;
  return std::max(least_ms, suspect_ms / 4);
}

void broker_health::heard(broker_id broker, health_report report, std::int64_t now_ms) {
  record& known = records_[broker];
  const bool gap = !known.heard_ms || now_ms - *known.heard_ms >= options_.gap_ms();
  const bool restarted = known.heard_ms && known.report.boot != report.boot;
  known.heard_ms = now_ms;
  known.report = std::move(report);
  known.peers.clear();
  if (known.report.connected_peers)
    known.peers.insert(known.report.connected_peers->begin(), known.report.connected_peers->end());
  if (known.evicted) return;
  known.state = known.report.stopping ? broker_state::draining : broker_state::alive;
  if (known.report.stopping) {
    known.steady_since_ms.reset();
  } else if (gap || restarted || !known.steady_since_ms) {
    known.steady_since_ms = now_ms;
  }
}

void broker_health::note_pause(std::int64_t now_ms) {
  if (now_ms - looked_ms_ > options_.pause_ms()) {
    ++pauses_;
    observed_since_ms_ = now_ms;
  }
  looked_ms_ = now_ms;
}

std::vector<health_change> broker_health::look(const std::map<broker_id, bool>& evicted_by_id,
                                               std::int64_t now_ms) {
  note_pause(now_ms);
  for (auto& [id, known] : records_)
    if (!evicted_by_id.contains(id)) known.member_since_ms.reset();
  for (const auto& [id, evicted] : evicted_by_id) {
    record& known = records_[id];
    if (!known.member_since_ms) known.member_since_ms = now_ms;
    known.evicted = evicted;
  }
  std::vector<health_change> changes;
  for (auto& [id, known] : records_) {
    if (!known.member_since_ms) continue;
    known.state = judge(id, known, now_ms);
    const broker_state before = std::exchange(known.told, known.state);
    if (known.state == broker_state::failed && before != broker_state::failed) known.failed_since_ms = now_ms;
    if (known.state != broker_state::alive) {
      known.steady_since_ms.reset();
    } else if (!known.steady_since_ms) {
      known.steady_since_ms = now_ms;
    }
    if (known.state != before) changes.push_back({id, before, known.state});
  }
  return changes;
}

std::optional<std::int64_t> broker_health::silence_ms(const record& of, std::int64_t now_ms) const {
  if (!of.heard_ms || *of.heard_ms < observed_since_ms_) return std::nullopt;
  return now_ms - *of.heard_ms;
}

broker_state broker_health::judge(broker_id broker, const record& of, std::int64_t now_ms) const {
  if (of.evicted) return broker_state::evicted;
  const std::optional<std::int64_t> silence = silence_ms(of, now_ms);
  if (silence && *silence < options_.suspect_ms)
    return of.report.stopping ? broker_state::draining : broker_state::alive;
  const std::int64_t listening_since_ms = std::max(observed_since_ms_, of.member_since_ms.value_or(now_ms));
  const std::int64_t listened_ms = silence.value_or(now_ms - listening_since_ms);
  if (listened_ms < options_.suspect_ms + options_.confirmation_ms()) return broker_state::suspect;
  return verdict_of_others(broker, now_ms);
}

broker_state broker_health::verdict_of_others(broker_id broker, std::int64_t now_ms) const {
  std::size_t live = 0;
  std::size_t reach_it = 0;
  std::size_t lack_it = 0;
  for (const auto& [id, other] : records_) {
    if (id == broker || !other.member_since_ms || other.evicted || !answers(id, now_ms)) continue;
    ++live;
    if (!other.report.connected_peers) continue;
    ++(other.peers.contains(broker) ? reach_it : lack_it);
  }
  if (2 * lack_it > live) return broker_state::failed;
  return reach_it > 0 ? broker_state::isolated : broker_state::suspect;
}

broker_state broker_health::state_of(broker_id broker) const {
  const auto found = records_.find(broker);
  return found == records_.end() ? broker_state::suspect : found->second.state;
}

bool broker_health::answers(broker_id broker, std::int64_t now_ms) const {
  const auto found = records_.find(broker);
  return found != records_.end() && found->second.heard_ms &&
         now_ms - *found->second.heard_ms < options_.quiet_ms;
}

bool broker_health::takes_replicas(broker_id broker, std::int64_t now_ms) const {
  if (!answers(broker, now_ms)) return false;
  const record& known = records_.at(broker);
  return !known.evicted && !known.report.stopping;
}

std::optional<std::int64_t> broker_health::steady_since_ms(broker_id broker) const {
  const auto found = records_.find(broker);
  return found == records_.end() ? std::nullopt : found->second.steady_since_ms;
}

std::optional<boot_count> broker_health::boot_of(broker_id broker) const {
  const auto found = records_.find(broker);
  if (found == records_.end() || !found->second.heard_ms) return std::nullopt;
  return found->second.report.boot;
}

eviction_verdict broker_health::next_eviction(std::int64_t now_ms) const {
  eviction_veto counted;
  std::optional<std::pair<std::int64_t, broker_id>> longest;
  for (const auto& [id, known] : records_) {
    if (!known.member_since_ms || known.evicted) continue;
    ++counted.members;
    if (known.state == broker_state::failed || known.state == broker_state::suspect) ++counted.silent;
    if (known.state != broker_state::failed || now_ms - known.failed_since_ms < options_.eviction_ms)
      continue;
    if (!longest || known.failed_since_ms < longest->first) longest = {known.failed_since_ms, id};
  }
  if (!longest) return {};
  if (3 * counted.silent > counted.members) return {.evict = {}, .veto = counted};
  return {.evict = longest->second, .veto = {}};
}

std::optional<broker_id> broker_health::next_return(std::int64_t now_ms) const {
  for (const auto& [id, known] : records_) {
    const std::optional<std::int64_t> silence = silence_ms(known, now_ms);
    if (known.member_since_ms && known.evicted && silence && *silence < options_.quiet_ms &&
        !known.report.stopping)
      return id;
  }
  return std::nullopt;
}

}  // namespace marquee::write_manager
