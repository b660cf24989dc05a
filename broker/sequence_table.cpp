#include "broker/sequence_table.h"

#include <algorithm>

#include "base/assert.h"

namespace marquee::broker {

void sequence_table::apply(std::int64_t producer, const std::vector<kafka::sequence_run>& runs,
                           record_offset base_offset, std::int64_t append_time_ms) {
  advance_time(append_time_ms);
  producer_state& state = activate(producer);
  const std::int64_t batch = state.batches++;
  record_offset offset = base_offset;
  for (const kafka::sequence_run& run : runs) {
    const auto added = state.runs.insert({run.sequence, {run.count, run.hash, offset, append_time_ms}});
    MARQUEE_ASSERT(added.second, "a sequence that is stored already was committed again");
    state.by_age.push_back({run.sequence, batch});
    state.known.highest = std::max(state.known.highest, run.sequence + run.count - 1);
    offset = offset + run.count;
  }
  state.last_append_ms = append_time_ms;
  forget_runs(state, append_time_ms);
}

sequence_table::producer_state& sequence_table::activate(std::int64_t producer) {
  const auto found = active_.find(producer);
  if (found != active_.end()) {
    by_activity_.splice(by_activity_.end(), by_activity_, found->second.place);
    return found->second;
  }
  producer_state& state = active_[producer];
  if (const auto idle = idle_.find(producer); idle != idle_.end()) {
    state.known = idle->second.known;
    by_idleness_.erase(idle->second.place);
    idle_.erase(idle);
  }
  state.place = by_activity_.insert(by_activity_.end(), producer);
  return state;
}

void sequence_table::forget_runs(producer_state& state, std::int64_t now_ms) const {
  while (!state.by_age.empty()) {
    const appended& oldest = state.by_age.front();
    const std::int64_t age_ms = now_ms - state.runs.at(oldest.sequence).append_time_ms;
    const bool old =
        state.batches - oldest.batch > rules_.newest_batches_kept && age_ms > rules_.batch_age_ms;
    if (!old && state.by_age.size() <= rules_.runs_most) return;
    drop_oldest_run(state);
  }
}

void sequence_table::drop_oldest_run(producer_state& state) const {
  const auto run = state.runs.find(state.by_age.front().sequence);
  state.known.forgotten_below = std::max(state.known.forgotten_below, run->first + run->second.count);
  state.runs.erase(run);
  state.by_age.pop_front();
}

void sequence_table::advance_time(std::int64_t append_time_ms) {
  while (!by_activity_.empty()) {
    const producer_state& quietest = active_.at(by_activity_.front());
    if (append_time_ms - quietest.last_append_ms < rules_.idle_producer_ms) return;
    make_idle(by_activity_.front());
  }
}

void sequence_table::make_idle(std::int64_t producer) {
  const auto found = active_.find(producer);
  marks known = found->second.known;
  for (const auto& [sequence, run] : found->second.runs)
    known.forgotten_below = std::max(known.forgotten_below, sequence + run.count);
  by_activity_.erase(found->second.place);
  active_.erase(found);
  add_idle(producer, known);
  while (idle_.size() > rules_.idle_producers_most) {
    idle_.erase(by_idleness_.front());
    by_idleness_.pop_front();
  }
}

void sequence_table::add_idle(std::int64_t producer, marks known) {
  idle_[producer] = {known, by_idleness_.insert(by_idleness_.end(), producer)};
}

std::optional<sequence_table::marks> sequence_table::marks_of(std::int64_t producer) const {
  if (const auto found = active_.find(producer); found != active_.end()) return found->second.known;
  if (const auto found = idle_.find(producer); found != idle_.end()) return found->second.known;
  return std::nullopt;
}

namespace {

/// Cuts what nobody remembers at the mark below which it may have been stored all the same.
void add_unknown(std::vector<sequence_part>& parts, std::int64_t from, std::int64_t end,
                 std::int64_t forgotten_below) {
  const std::int64_t cut = std::clamp(forgotten_below, from, end);
  if (cut > from)
    parts.push_back({sequence_part::kind::too_old, from, static_cast<std::int32_t>(cut - from), {}, -1});
  if (end > cut)
    parts.push_back({sequence_part::kind::fresh, cut, static_cast<std::int32_t>(end - cut), {}, -1});
}

}  // namespace

std::vector<sequence_part> sequence_table::look_up(std::int64_t producer,
                                                   const kafka::sequence_run& run) const {
  std::vector<sequence_part> parts;
  const std::int64_t end = run.sequence + run.count;
  const std::int64_t forgotten_below = marks_of(producer).value_or(marks{}).forgotten_below;
  const auto found = active_.find(producer);
  if (found == active_.end()) {
    add_unknown(parts, run.sequence, end, forgotten_below);
    return parts;
  }
  const auto& runs = found->second.runs;
  auto next = runs.upper_bound(run.sequence);
  if (next != runs.begin() && std::prev(next)->first + std::prev(next)->second.count > run.sequence) --next;
  std::int64_t at = run.sequence;
  for (; next != runs.end() && next->first < end; ++next) {
    const auto& [first, stored] = *next;
    if (first > at) add_unknown(parts, at, first, forgotten_below);
    const std::int64_t from = std::max(at, first);
    const std::int64_t until = std::min(end, first + stored.count);
    sequence_part part{sequence_part::kind::stored, from, static_cast<std::int32_t>(until - from),
                       stored.offset + (from - first), stored.append_time_ms};
    if (first == run.sequence && stored.count == run.count && stored.hash != unknown_hash)
      part.what = stored.hash == run.hash ? sequence_part::kind::same : sequence_part::kind::differs;
    parts.push_back(part);
    at = until;
  }
  if (at < end) add_unknown(parts, at, end, forgotten_below);
  return parts;
}

}  // namespace marquee::broker
