#include "booking_app/machine/hold_table.h"

#include <algorithm>

namespace marquee::booking {

const hold* hold_table::find(entity_id id) const {
  const auto found = holds_.find(id);
  return found == holds_.end() ? nullptr : &found->second;
}

const hold& hold_table::add(hold made) {
  const entity_id id = made.id;
  hold& added = holds_.insert_or_assign(id, std::move(made)).first->second;
  if (added.state == hold_state::live) {
    deadlines_of(added).emplace(added.deadline_ms, id);
    if (added.session) by_session_.emplace(*added.session, id);
  }
  digest_.update(entity_kind::hold, added);
  return added;
}

void hold_table::set_deadline(entity_id id, std::int64_t deadline_ms) {
  hold& extended = holds_.at(id);
  deadlines_of(extended).erase({extended.deadline_ms, id});
  extended.deadline_ms = deadline_ms;
  deadlines_of(extended).emplace(deadline_ms, id);
  digest_.update(entity_kind::hold, extended);
}

void hold_table::set_seats(entity_id id, priced_seats seats) {
  hold& changed = holds_.at(id);
  changed.seats = std::move(seats);
  digest_.update(entity_kind::hold, changed);
}

void hold_table::end(entity_id id, hold_state how, std::int64_t time_ms) {
  hold& ended = holds_.at(id);
  deadlines_of(ended).erase({ended.deadline_ms, id});
  if (ended.session) by_session_.erase({*ended.session, id});
  ended.state = how;
  ended.ended_ms = time_ms;
  ended_.emplace_back(time_ms, id);
  digest_.update(entity_kind::hold, ended);
}

void hold_table::forget(std::int64_t time_ms) {
  while (!ended_.empty() && ended_.front().first + remembered_ms <= time_ms) {
    const auto found = holds_.find(ended_.front().second);
    digest_.remove(found->second);
    holds_.erase(found);
    ended_.pop_front();
  }
}

std::vector<entity_id> hold_table::due(std::int64_t time_ms, bool offers) const {
  std::vector<entity_id> ids;
  for (const auto& [deadline_ms, id] : offers ? offer_deadlines_ : hold_deadlines_) {
    if (deadline_ms > time_ms) break;
    ids.push_back(id);
  }
  return ids;
}

std::vector<entity_id> hold_table::of_session(std::int64_t session) const {
  std::vector<entity_id> ids;
  for (auto it = by_session_.lower_bound({session, {}}); it != by_session_.end() && it->first == session;
       ++it)
    ids.push_back(it->second);
  return ids;
}

std::optional<std::int64_t> hold_table::next_deadline() const {
  std::optional<std::int64_t> next;
  for (const deadline_set* deadlines : {&hold_deadlines_, &offer_deadlines_})
    if (!deadlines->empty())
      next = std::min(next.value_or(deadlines->begin()->first), deadlines->begin()->first);
  return next;
}

void hold_table::restore_memory() {
  for (const auto& [id, one] : holds_)
    if (one.state != hold_state::live) ended_.emplace_back(one.ended_ms, id);
  std::ranges::sort(ended_);
}

}  // namespace marquee::booking
