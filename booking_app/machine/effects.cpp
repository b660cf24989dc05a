#include "booking_app/machine/effects.h"

#include <algorithm>
#include <map>
#include <utility>

#include "booking_app/machine/free_seats.h"
#include "booking_app/machine/refusal.h"

namespace marquee::booking {

void set_seats(step& now, show& of, const std::vector<seat_id>& seats, seat_state state, entity_id holder) {
  for (const seat_id seat : seats) now.state.shows.set_seat(of, seat, state, holder);
}

void announce_seats(step& now, show& of, std::string_view type, std::string_view client,
                    const std::vector<seat_id>& seats, std::string_view holder_field,
                    std::string_view holder) {
  now.state.shows.next_version(of);
  now.events.seats(type, of.id, of.version, client, seats, holder_field, holder);
}

void end_holds(step& now, const std::vector<entity_id>& ids, hold_state how, std::string_view client) {
  std::map<std::string, std::vector<seat_id>> freed;
  for (const entity_id id : ids) {
    const hold& ended = *now.state.holds.find(id);
    const std::vector<seat_id> seats = without_prices(ended.seats);
    std::vector<seat_id>& of_show = freed[ended.show];
    of_show.insert(of_show.end(), seats.begin(), seats.end());
    now.events.hold(how == hold_state::expired ? "hold.expired" : "hold.released", ended.client,
                    to_text(hold_letter, id), ended.show);
    now.state.holds.end(id, how, now.time_ms);
  }
  for (auto& [show_id, seats] : freed) {
    show& of = *now.state.shows.find(show_id);
    std::ranges::sort(seats);
    set_seats(now, of, seats, seat_state::available);
    announce_seats(now, of, "seat.released", client, seats);
  }
}

const booking& book(step& now, show& of, entity_id id, const std::string& client, priced_seats seats) {
  set_seats(now, of, without_prices(seats), seat_state::booked, id);
  const booking& made =
      now.state.bookings.add({.id = id, .client = client, .show = of.id, .seats = std::move(seats)});
  announce_seats(now, of, "seat.booked", client, without_prices(made.seats), "booking_id",
                 to_text(booking_letter, id));
  use_admission(now, of, client);
  return made;
}

std::int64_t give_back(step& now, show& of, const booking& from, const std::vector<seat_id>& seats) {
  priced_seats kept = from.seats;
  const std::int64_t paid = price_of(take_out(kept, seats));
  set_seats(now, of, seats, seat_state::available);
  if (kept.empty())
    now.state.bookings.cancel(from.id, now.time_ms);
  else
    now.state.bookings.set_content(from.id, from.show, std::move(kept));
  return paid;
}

void admit_waiting(step& now, std::string_view show_id) {
  const show* const of = now.state.shows.find(show_id);
  if (of == nullptr || !of->queue) return;
  admission_table& places = now.state.admissions;
  while (places.admitted_count(show_id) < of->queue->max_active) {
    const admission* const next = places.first_waiting(show_id);
    if (next == nullptr) return;
    places.admit(*next, now.time_ms + of->queue->admit_ms);
    now.events.admitted(next->client, show_id, to_text(admission_letter, {next->joined, 0}));
  }
}

void use_admission(step& now, const show& of, std::string_view client) {
  if (!of.queue) return;
  const admission* const place = now.state.admissions.find(of.id, client);
  if (place == nullptr || !place->is_admitted) return;
  now.state.admissions.remove(*place);
  admit_waiting(now, of.id);
}

void make_offers(step& now) {
  machine_state& state = now.state;
  std::vector<std::string> shows;
  for (const auto& [show_id, entries] : state.waiting.all()) shows.push_back(show_id);
  for (const std::string& show_id : shows) {
    show& of = *state.shows.find(show_id);
    while (state.waiting.length(show_id) > 0) {
      const waiting_entry first = state.waiting.all().find(show_id)->second.begin()->second;
      if (of.counts.available < first.n) break;
      const auto seats = free_seats(of).best(first.n, first.category);
      if (!seats) break;
      const entity_id id{now.offset, ++now.offers_made};
      state.waiting.remove(show_id, first.joined);
      const std::int64_t offer_ms = state.config.offer_ms;
      state.holds.add({.id = id,
                       .client = first.client,
                       .session = first.session,
                       .show = show_id,
                       .seats = with_prices(of, *seats),
                       .created_ms = now.time_ms,
                       .deadline_ms = now.time_ms + offer_ms,
                       .is_offer = true});
      set_seats(now, of, *seats, seat_state::held, id);
      now.events.offered(first.client, to_text(hold_letter, id), show_id, offer_ms, *seats);
      announce_seats(now, of, "seat.held", first.client, *seats, "hold_id", to_text(hold_letter, id));
    }
  }
}

}  // namespace marquee::booking
