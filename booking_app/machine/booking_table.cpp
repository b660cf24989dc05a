#include "booking_app/machine/booking_table.h"

#include <algorithm>

namespace marquee::booking {

const booking* booking_table::find(entity_id id) const {
  const auto found = bookings_.find(id);
  return found == bookings_.end() ? nullptr : &found->second;
}

const std::set<entity_id>& booking_table::of_client(std::string_view client) const {
  static const std::set<entity_id> none;
  const auto found = by_client_.find(client);
  return found == by_client_.end() ? none : found->second;
}

const booking& booking_table::add(booking made) {
  const entity_id id = made.id;
  booking& added = bookings_.insert_or_assign(id, std::move(made)).first->second;
  std::set<entity_id>& ids = by_client_[added.client];
  ids.emplace_hint(ids.end(), id);
  digest_.update(entity_kind::booking, added);
  return added;
}

void booking_table::set_content(entity_id id, std::string show, priced_seats seats) {
  booking& changed = bookings_.at(id);
  changed.show = std::move(show);
  changed.seats = std::move(seats);
  digest_.update(entity_kind::booking, changed);
}

void booking_table::cancel(entity_id id, std::int64_t time_ms) {
  booking& ended = bookings_.at(id);
  ended.seats.clear();
  ended.state = booking_state::cancelled;
  ended.cancelled_ms = time_ms;
  cancelled_.emplace_back(time_ms, id);
  digest_.update(entity_kind::booking, ended);
}

void booking_table::forget(std::int64_t time_ms) {
  while (!cancelled_.empty() && cancelled_.front().first + remembered_ms <= time_ms) {
    const auto found = bookings_.find(cancelled_.front().second);
    const auto owner = by_client_.find(found->second.client);
    owner->second.erase(found->first);
    if (owner->second.empty()) by_client_.erase(owner);
    digest_.remove(found->second);
    bookings_.erase(found);
    cancelled_.pop_front();
  }
}

void booking_table::restore_memory() {
  for (const auto& [id, one] : bookings_)
    if (one.state == booking_state::cancelled) cancelled_.emplace_back(one.cancelled_ms, id);
  std::ranges::sort(cancelled_);
}

}  // namespace marquee::booking
