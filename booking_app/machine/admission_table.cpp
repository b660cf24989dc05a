#include "booking_app/machine/admission_table.h"

#include <iterator>

namespace marquee::booking {

const admission* admission_table::find(std::string_view show, std::string_view client) const {
  const auto found = by_client_.find({std::string(show), std::string(client)});
  return found == by_client_.end() ? nullptr : &places_.at(found->second);
}

std::int64_t admission_table::admitted_count(std::string_view show) const {
  const auto found = queues_.find(show);
  return found == queues_.end() ? 0 : static_cast<std::int64_t>(found->second.admitted.size());
}

std::int64_t admission_table::position(const admission& waiting) const {
  const std::set<std::int64_t>& line = queues_.find(waiting.show)->second.waiting;
  return std::distance(line.begin(), line.find(waiting.joined)) + 1;
}

const admission* admission_table::first_waiting(std::string_view show) const {
  const auto found = queues_.find(show);
  if (found == queues_.end() || found->second.waiting.empty()) return nullptr;
  return &places_.at(*found->second.waiting.begin());
}

std::vector<const admission*> admission_table::of_session(std::int64_t session) const {
  std::vector<const admission*> places;
  for (auto it = by_session_.lower_bound({session, 0}); it != by_session_.end() && it->first == session; ++it)
    places.push_back(&places_.at(it->second));
  return places;
}

std::vector<const admission*> admission_table::due(std::int64_t time_ms) const {
  std::vector<const admission*> over;
  for (const auto& [deadline_ms, joined] : deadlines_) {
    if (deadline_ms > time_ms) break;
    over.push_back(&places_.at(joined));
  }
  return over;
}

std::optional<std::int64_t> admission_table::next_deadline() const {
  if (deadlines_.empty()) return std::nullopt;
  return deadlines_.begin()->first;
}

const admission& admission_table::add(admission joined) {
  const std::int64_t place = joined.joined;
  admission& added = places_.insert_or_assign(place, std::move(joined)).first->second;
  queue& line = queues_[added.show];
  (added.is_admitted ? line.admitted : line.waiting).insert(place);
  by_client_[{added.show, added.client}] = place;
  if (added.session) by_session_.emplace(*added.session, place);
  if (added.is_admitted) deadlines_.emplace(added.deadline_ms, place);
  digest_.update(entity_kind::admission, added);
  return added;
}

void admission_table::admit(const admission& waiting, std::int64_t deadline_ms) {
  admission& admitted = places_.at(waiting.joined);
  queue& line = queues_.find(admitted.show)->second;
  line.waiting.erase(admitted.joined);
  line.admitted.insert(admitted.joined);
  admitted.is_admitted = true;
  admitted.deadline_ms = deadline_ms;
  deadlines_.emplace(deadline_ms, admitted.joined);
  digest_.update(entity_kind::admission, admitted);
}

void admission_table::remove(const admission& gone) {
  const auto found = places_.find(gone.joined);
  admission& removed = found->second;
  const auto line = queues_.find(removed.show);
  (removed.is_admitted ? line->second.admitted : line->second.waiting).erase(removed.joined);
  if (line->second.admitted.empty() && line->second.waiting.empty()) queues_.erase(line);
  by_client_.erase({removed.show, removed.client});
  if (removed.session) by_session_.erase({*removed.session, removed.joined});
  if (removed.is_admitted) deadlines_.erase({removed.deadline_ms, removed.joined});
  digest_.remove(removed);
  places_.erase(found);
}

void admission_table::remove_all(std::string_view show) {
  for (auto line = queues_.find(show); line != queues_.end(); line = queues_.find(show)) {
    const queue& places = line->second;
    remove(places_.at(places.waiting.empty() ? *places.admitted.begin() : *places.waiting.begin()));
  }
}

}  // namespace marquee::booking
