#include "raft/storage/group_storage.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/assert.h"

namespace marquee::raft {

group_storage::group_storage(std::string folder, std::vector<std::shared_ptr<segment>> segments,
                             const group_facts& facts, std::deque<entry> tail)
    : folder_(std::move(folder)),
      segments_(std::move(segments)),
      tail_(std::move(tail)),
      base_(facts.segments),
      log_start_(facts.log_start),
      fenced_(facts.damage) {
  if (!segments_.empty())
    log_start_.offset = std::max(log_start_.offset, segments_.back()->header().log_start);
  if (segments_.empty())
    configurations_.push_back({base_.last_index, facts.bootstrap});
  else
    configurations_.push_back(
        {segments_.front()->header().base_index - 1, segments_.front()->header().members});
  for (const auto& s : segments_)
    for (const auto& c : s->index().configurations()) configurations_.push_back(c);
  for (log_index i = base_.last_index + 1; const entry* e = tail_.find(i); ++i)
    if (e->type == entry_type::configuration)
      if (auto members = decode_configuration(e->head)) configurations_.push_back({i, std::move(*members)});
}

result<> group_storage::check_writable() const {
  const std::lock_guard guard(mutex_);
  if (!fenced_.empty()) return fail(error_code::io, fenced_);
  return {};
}

void group_storage::append(const persist_request& request) {
  const std::lock_guard guard(mutex_);
  if (request.truncate_from) {
    MARQUEE_ASSERT(*request.truncate_from > base_.last_index, "committed entries are never truncated");
    tail_.truncate(*request.truncate_from);
    while (configurations_.size() > 1 && configurations_.back().index >= *request.truncate_from)
      configurations_.pop_back();
  }
  for (const entry& e : request.entries) {
    const log_index last = tail_.empty() ? base_.last_index : tail_.back().index;
    MARQUEE_ASSERT(e.index == last + 1, "entries are appended in the order of their indexes");
    tail_.append(e);
    if (e.type != entry_type::configuration) continue;
    if (auto members = decode_configuration(e.head))
      configurations_.push_back({e.index, std::move(*members)});
  }
}

log_index group_storage::first_index() const {
  const std::lock_guard guard(mutex_);
  return segments_.empty() ? base_.last_index + 1 : segments_.front()->header().base_index;
}

log_index group_storage::last_index() const {
  const std::lock_guard guard(mutex_);
  return tail_.empty() ? base_.last_index : tail_.back().index;
}

std::optional<term_number> group_storage::term_at(log_index index) const {
  const std::lock_guard guard(mutex_);
  if (const entry* e = tail_.find(index)) return e->term;
  if (index == base_.last_index) return base_.last_term;
  for (auto s = segments_.rbegin(); s != segments_.rend(); ++s)
    if (index >= (*s)->header().base_index - 1) return (*s)->index().term_at(index);
  return std::nullopt;
}

record_offset group_storage::next_offset() const {
  const std::lock_guard guard(mutex_);
  return tail_.empty() ? base_.next_offset : tail_.back().next_offset();
}

std::int64_t group_storage::last_time_ms() const {
  const std::lock_guard guard(mutex_);
  if (!tail_.empty()) return tail_.back().append_time_ms;
  return segments_.empty() ? 0 : segments_.back()->index().last_time_ms();
}

record_offset group_storage::log_start_offset() const {
  const std::lock_guard guard(mutex_);
  return log_start_.offset;
}

configuration group_storage::configuration_at(log_index index) const {
  const std::lock_guard guard(mutex_);
  const auto after =
      std::ranges::upper_bound(configurations_, index, {}, &segment_index::configuration_at::index);
  return after == configurations_.begin() ? configurations_.front().members : std::prev(after)->members;
}

bool group_storage::needs_state_block() const {
  const std::lock_guard guard(mutex_);
  roll_promised_ = wants_new_segment_locked();
  return roll_promised_;
}

void group_storage::set_segment_bytes(std::uint64_t segment_bytes) {
  const std::lock_guard guard(mutex_);
  segment_bytes_ = segment_bytes;
}

std::uint64_t group_storage::size_bytes() const {
  const std::lock_guard guard(mutex_);
  std::uint64_t total = tail_.size_bytes();
  for (const auto& s : segments_) total += s->index().file_bytes();
  return total;
}

result<group_storage::move_plan> group_storage::plan_move(log_index applied) const {
  const std::lock_guard guard(mutex_);
  if (!fenced_.empty()) return fail(error_code::io, fenced_);
  move_plan plan;
  plan.active = segments_.back();
  for (log_index i = base_.last_index + 1; i <= applied; ++i) {
    const entry* e = tail_.find(i);
    if (e == nullptr) break;
    plan.entries.push_back(*e);
  }
  const log_index end = base_.last_index + static_cast<std::int64_t>(plan.entries.size());
  plan.roll = roll_promised_ && end == applied && end >= plan.active->header().base_index;
  return plan;
}

result<> group_storage::moved(const std::vector<entry>& entries) {
  const std::lock_guard guard(mutex_);
  if (auto published = segments_.back()->publish(entries); !published) return published;
  base_ = segments_.back()->position();
  tail_.drop_up_to(base_.last_index);
  return {};
}

segment_header group_storage::next_header(const group_id& group, const state_block& state) const {
  segment_header header;
  {
    const std::lock_guard guard(mutex_);
    header.group = group;
    header.base_index = base_.last_index + 1;
    header.base_term = base_.last_term;
    header.base_offset = base_.next_offset;
    header.base_time_ms = segments_.back()->index().last_time_ms();
    header.log_start = state.log_start;
    header.rolling_checksum = base_.rolling_checksum;
    header.application_state = state.application_state;
  }
  header.members = configuration_at(header.base_index - 1);
  return header;
}

void group_storage::begin_segment(std::shared_ptr<segment> next) {
  const std::lock_guard guard(mutex_);
  segments_.push_back(std::move(next));
  base_ = segments_.back()->position();
  roll_promised_ = false;
  roll_wanted_ = false;
}

std::shared_ptr<segment> group_storage::active() const {
  const std::lock_guard guard(mutex_);
  return segments_.back();
}

void group_storage::replace_active(std::shared_ptr<segment> anew) {
  const std::lock_guard guard(mutex_);
  MARQUEE_ASSERT(anew->position() == base_, "a segment is replaced by an equal one");
  segments_.back() = std::move(anew);
  active_is_spoilt_ = false;
}

segment_position group_storage::position() const {
  const std::lock_guard guard(mutex_);
  return base_;
}

void group_storage::note_damage(const error& what, const segment& where) const {
  if (what.code != error_code::corrupt) return;
  const std::lock_guard guard(mutex_);
  if (!damage_met_)
    damage_met_ = met_damage{error{what.code, where.path() + ": " + what.message}, where.header().base_index};
}

std::vector<group_storage::segment_at_rest> group_storage::segments_at_rest() const {
  const std::lock_guard guard(mutex_);
  std::vector<segment_at_rest> all;
  all.reserve(segments_.size());
  for (const auto& s : segments_) all.push_back({s, s->position()});
  return all;
}

bool group_storage::report_damage(const error& what, const segment& where) {
  {
    const std::lock_guard guard(mutex_);
    const auto is_it = [&where](const auto& s) { return s.get() == &where; };
    if (damage_met_ || std::ranges::none_of(segments_, is_it)) return false;
  }
  note_damage(what, where);
  return true;
}

std::optional<group_storage::met_damage> group_storage::damage_met() const {
  const std::lock_guard guard(mutex_);
  return damage_met_;
}

void group_storage::fence(const std::string& why) {
  const std::lock_guard guard(mutex_);
  if (fenced_.empty()) fenced_ = why;
}

}  // namespace marquee::raft
