#include <algorithm>
#include <utility>

#include "booking_app/machine/effects.h"
#include "booking_app/machine/executors.h"
#include "booking_app/machine/json_writer.h"
#include "booking_app/machine/permission.h"
#include "booking_app/machine/seat_selection.h"

namespace marquee::booking {
namespace {

/// Booking and shows of an exchange that may go on after steps 6 to 9.
struct exchange {
  const booking* from = nullptr;
  show* source = nullptr;
  show* target = nullptr;
  verdict refusal;
};

exchange find_exchange(execution& run, const booking_exchange& asked) {
  exchange found;
  found.target = run.state().shows.find(asked.to_show);
  if (found.target == nullptr) {
    found.refusal = refuse(answer_code::no_such_show);
    return found;
  }
  run.concerns(found.target->id, seat_texts(asked.to.seats));
  const auto id = parse_entity_id(booking_letter, asked.booking_id);
  found.from = id ? run.state().bookings.find(*id) : nullptr;
  if (found.from == nullptr)
    found.refusal = refuse(answer_code::no_such_booking);
  else if (found.from->client != run.asked.client_id)
    found.refusal = refuse(answer_code::not_owner);
  else if (found.from->state == booking_state::cancelled)
    found.refusal = refuse(answer_code::already_cancelled);
  if (found.refusal) return found;
  found.source = run.state().shows.find(found.from->show);
  found.refusal = judge_giving_up(run, *found.source);
  if (!found.refusal) found.refusal = judge_taking_from(run, *found.target);
  return found;
}

/// Steps 11 and 12 for both lists: what is given up and what is wanted.
verdict judge_exchange_lists(const execution& run, const booking_exchange& asked, const exchange& found,
                             const given_up& back, seat_selection& wanted) {
  if (asked.from_seats)
    if (auto no = judge_duplicates(*found.source, *asked.from_seats)) return no;
  const selections all(&wanted, 1);
  if (auto no = judge_lists(run.now, all)) return no;
  conflict_list unknown = back.unknown;
  for (const std::string_view name : asked.to.seats) {
    const auto id = parse_seat_id(name);
    if (!id || !found.target->has_seat(*id)) unknown.add(found.target->id, name, "UNKNOWN");
  }
  if (!unknown.empty()) return refuse(answer_code::no_such_seat, unknown);
  return judge_existence(all);
}

/// What a booking has when `added` joins what it keeps.
priced_seats joined(priced_seats kept, const priced_seats& added) {
  kept.insert(kept.end(), added.begin(), added.end());
  std::ranges::sort(kept, {}, &priced_seat::seat);
  return kept;
}

/// Moves the seats; the booking that has the new ones afterwards.
entity_id swap_seats(execution& run, const exchange& found, const std::vector<seat_id>& given_back,
                     const priced_seats& added) {
  machine_state& state = run.state();
  priced_seats kept = found.from->seats;
  take_out(kept, given_back);
  set_seats(run.now, *found.source, given_back, seat_state::available);
  const bool keeps_id = kept.empty() || found.source == found.target;
  const entity_id id = keeps_id ? found.from->id : run.new_id();
  set_seats(run.now, *found.target, without_prices(added), seat_state::booked, id);
  if (keeps_id) {
    state.bookings.set_content(id, found.target->id, joined(std::move(kept), added));
  } else {
    state.bookings.set_content(found.from->id, found.source->id, std::move(kept));
    state.bookings.add({.id = id, .client = run.client(), .show = found.target->id, .seats = added});
  }
  return id;
}

}  // namespace

answer execute(execution& run, const booking_exchange& asked) {
  const exchange found = find_exchange(run, asked);
  if (found.refusal) return *found.refusal;
  const given_up back = find_given_up(found.source->id, found.from->seats, asked.from_seats);
  seat_selection wanted(*found.target, asked.to.seats, asked.to.best);
  const bool is_same_show = found.source == found.target;
  if (is_same_show) {
    wanted.free.give_back(back.seats);
    wanted.kept = static_cast<std::int64_t>(found.from->seats.size() - back.seats.size());
  }
  const selections all(&wanted, 1);
  if (auto no = judge_exchange_lists(run, asked, found, back, wanted)) return *no;
  if (auto no = judge_taking(all)) return *no;
  if (auto no = judge_orphans(all)) return *no;

  priced_seats old = found.from->seats;
  const std::int64_t paid = price_of(take_out(old, back.seats));
  const priced_seats added = with_prices(*found.target, wanted.seats);
  const std::string old_id = to_text(booking_letter, found.from->id);
  const booking& after = *run.state().bookings.find(swap_seats(run, found, back.seats, added));
  announce_seats(run.now, *found.source, "seat.released", run.asked.client_id, back.seats, "booking_id",
                 old_id);
  announce_seats(run.now, *found.target, "seat.booked", run.asked.client_id, wanted.seats, "booking_id",
                 to_text(booking_letter, after.id));
  use_admission(run.now, *found.target, run.asked.client_id);
  run.audit.back().seats = seat_texts(wanted.seats);
  run.concerns(found.source->id, seat_texts(back.seats));
  run.show_id = found.target->id;

  json_writer out;
  out.open_object().field("booking_id", to_text(booking_letter, after.id));
  out.field("diff_cents", price_of(added) - paid);
  if (!wanted.orphans.empty()) {
    out.name("orphans");
    write_seats(out, wanted.orphans);
  }
  out.field("price_cents", price_of(after.seats)).name("seats");
  write_seats(out, without_prices(after.seats));
  out.field("show_id", found.target->id).close_object();
  return success(answer_code::exchanged, out.take());
}

}  // namespace marquee::booking
