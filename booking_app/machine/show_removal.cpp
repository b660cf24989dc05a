#include <algorithm>
#include <set>
#include <tuple>
#include <utility>

#include "booking_app/machine/effects.h"
#include "booking_app/machine/executors.h"
#include "booking_app/machine/free_seats.h"
#include "booking_app/machine/json_writer.h"
#include "booking_app/machine/permission.h"

namespace marquee::booking {
namespace {

/// Whoever holds seats of the show in this state, by id.
std::vector<entity_id> holders(const show& of, seat_state state) {
  std::set<entity_id> ids;
  for (const seat& one : of.seats)
    if (one.state == state) ids.insert(one.holder);
  return {ids.begin(), ids.end()};
}

/// The show of the same movie that begins next after this one and is open.
show* find_next_show(machine_state& state, const show& gone) {
  show* next = nullptr;
  for (const auto& [id, one] : state.shows.all()) {
    if (one.movie != gone.movie || one.starts_at_ms <= gone.starts_at_ms || one.status != show_status::open)
      continue;
    if (next == nullptr || std::tie(one.starts_at_ms, one.id) < std::tie(next->starts_at_ms, next->id))
      next = state.shows.find(id);
  }
  return next;
}

struct moved_booking {
  entity_id id;
  std::vector<seat_id> seats;
};

/// What became of the bookings of a removed show.
struct removal {
  std::vector<entity_id> cancelled;
  std::vector<moved_booking> moved;
};

/// Seats of the next show at the prices that were paid for the old ones.
void move_booking(step& now, const booking& from, show& next, const std::vector<seat_id>& seats) {
  priced_seats priced = from.seats;
  for (std::size_t i = 0; i < seats.size(); ++i) priced[i].seat = seats[i];
  set_seats(now, next, seats, seat_state::booked, from.id);
  now.events.booking_moved(from.client, to_text(booking_letter, from.id), from.show, next.id, seats);
  now.state.bookings.set_content(from.id, next.id, std::move(priced));
}

removal end_bookings(step& now, const show& gone, show* next) {
  removal done;
  machine_state& state = now.state;
  for (const entity_id id : holders(gone, seat_state::booked)) {
    const booking* const found = state.bookings.find(id);
    if (found == nullptr) continue;
    const auto n = static_cast<std::int64_t>(found->seats.size());
    const auto seats = next == nullptr ? std::nullopt : free_seats(*next).best(n, std::nullopt);
    if (seats) {
      move_booking(now, *found, *next, *seats);
      done.moved.push_back({id, *seats});
    } else {
      now.events.booking_cancelled(found->client, to_text(booking_letter, id), gone.id,
                                   price_of(found->seats));
      state.bookings.cancel(id, now.time_ms);
      done.cancelled.push_back(id);
    }
  }
  return done;
}

/// The holds end with the show: their seats need not become AVAILABLE any more.
void end_holds_of(step& now, const show& gone) {
  for (const entity_id id : holders(gone, seat_state::held)) {
    const hold* const found = now.state.holds.find(id);
    if (found == nullptr || found->state != hold_state::live) continue;
    now.events.hold("hold.released", found->client, to_text(hold_letter, id), gone.id);
    now.state.holds.end(id, hold_state::released, now.time_ms);
  }
}

answer removed_answer(const removal& done, const show* next, std::int64_t version) {
  json_writer out;
  out.open_object().name("cancelled").open_array();
  for (const entity_id id : done.cancelled) out.value(to_text(booking_letter, id));
  out.close_array().name("moved").open_array();
  for (const moved_booking& one : done.moved) {
    out.open_object().field("booking_id", to_text(booking_letter, one.id)).name("seats");
    write_seats(out, one.seats);
    out.field("show_id", next->id).close_object();
  }
  out.close_array().close_object();
  return {answer_code::show_removed, out.take(), version};
}

}  // namespace

answer execute(execution& run, const show_remove& asked) {
  if (auto no = judge_admin(run)) return *no;
  step& now = run.now;
  machine_state& state = now.state;
  show* const gone = state.shows.find(asked.show_id);
  if (gone == nullptr) return refuse(answer_code::no_such_show);
  run.concerns(gone->id);
  if (asked.mode == on_booked::reject && gone->counts.booked > 0) return refuse(answer_code::has_bookings);

  const std::int64_t version = gone->version;
  show* const next = asked.mode == on_booked::rebook_next ? find_next_show(state, *gone) : nullptr;
  now.events.show("show.removed", gone->id, version);
  const removal done = end_bookings(now, *gone, next);
  if (!done.moved.empty()) {
    std::vector<seat_id> all;
    for (const moved_booking& one : done.moved) all.insert(all.end(), one.seats.begin(), one.seats.end());
    std::ranges::sort(all);
    announce_seats(now, *next, "seat.booked", run.asked.client_id, all);
  }
  end_holds_of(now, *gone);
  state.waiting.remove_all(gone->id);
  state.admissions.remove_all(gone->id);
  state.shows.remove(*gone);
  return removed_answer(done, next, version);
}

}  // namespace marquee::booking
