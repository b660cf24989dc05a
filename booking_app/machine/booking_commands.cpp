#include <algorithm>
#include <map>

#include "booking_app/machine/effects.h"
#include "booking_app/machine/executors.h"
#include "booking_app/machine/json_writer.h"
#include "booking_app/machine/permission.h"
#include "booking_app/machine/seat_selection.h"

namespace marquee::booking {
namespace {

answer cancelled_answer(const std::vector<seat_id>& seats, std::int64_t refund_cents) {
  json_writer out;
  out.open_object().field("refund_cents", refund_cents).name("seats");
  write_seats(out, seats);
  out.close_object();
  return success(answer_code::cancelled, out.take());
}

/// Seats that a client gives back by their names alone, by the bookings that they belong to.
using seats_by_booking = std::map<entity_id, std::vector<seat_id>>;

/// Steps 12 and 13.
verdict judge_booked_seats(const execution& run, const show& of, const std::vector<std::string_view>& names,
                           seats_by_booking& found) {
  conflict_list unknown;
  conflict_list of_others;
  conflict_list not_booked;
  for (const std::string_view name : names) {
    const auto id = parse_seat_id(name);
    if (!id || !of.has_seat(*id)) {
      unknown.add(of.id, name, "UNKNOWN");
      continue;
    }
    const seat& place = of.at(*id);
    const booking* const owner =
        place.state == seat_state::booked ? run.state().bookings.find(place.holder) : nullptr;
    if (owner == nullptr)
      not_booked.add(of.id, name, to_string(place.state));
    else if (owner->client != run.asked.client_id)
      of_others.add(of.id, name, to_string(place.state));
    else
      found[owner->id].push_back(*id);
  }
  if (!unknown.empty()) return refuse(answer_code::no_such_seat, unknown);
  if (!of_others.empty()) return refuse(answer_code::not_owner, of_others);
  if (!not_booked.empty()) return refuse(answer_code::not_occupied, not_booked);
  return std::nullopt;
}

}  // namespace

answer execute(execution& run, const seat_reserve& asked) {
  show* const of = run.state().shows.find(asked.show_id);
  if (of == nullptr) return refuse(answer_code::no_such_show);
  run.concerns(of->id, seat_texts(asked.wanted.seats));
  if (auto no = judge_taking_from(run, *of)) return *no;
  if (auto no = judge_version(*of, asked.expected_version)) return *no;
  seat_selection wanted(*of, asked.wanted.seats, asked.wanted.best);
  const selections all(&wanted, 1);
  if (auto no = judge_lists(run.now, all)) return *no;
  if (auto no = judge_existence(all)) return *no;
  if (auto no = judge_taking(all)) return *no;
  if (auto no = judge_orphans(all)) return *no;

  const booking& made = book(run.now, *of, run.new_id(), run.client(), with_prices(*of, wanted.seats));
  run.audit.back().seats = seat_texts(wanted.seats);
  json_writer out;
  out.open_object().field("booking_id", to_text(booking_letter, made.id));
  if (!wanted.orphans.empty()) {
    out.name("orphans");
    write_seats(out, wanted.orphans);
  }
  out.field("price_cents", price_of(made.seats)).name("seats");
  write_seats(out, wanted.seats);
  out.field("show_id", of->id).close_object();
  return success(answer_code::reserved, out.take());
}

answer execute(execution& run, const multi_reserve& asked) {
  static const std::optional<best_request> no_best;
  std::vector<seat_selection> wanted;
  wanted.reserve(asked.items.size());
  bool all_exist = true;
  for (const reserve_item& item : asked.items) {
    show* const of = run.state().shows.find(item.show_id);
    all_exist = all_exist && of != nullptr;
    if (of == nullptr) continue;
    wanted.emplace_back(*of, item.seats, no_best).conflicts = conflict_list::shape::many_shows;
    run.concerns(of->id, seat_texts(item.seats));
  }
  if (!all_exist) {
    run.show_id.clear();
    return refuse(answer_code::no_such_show);
  }
  // Each step is judged for all shows: a closed one decides before any queue does.
  for (const seat_selection& one : wanted)
    if (one.of->status == show_status::closed) return refuse(answer_code::show_closed);
  for (const seat_selection& one : wanted)
    if (auto no = judge_taking_from(run, *one.of)) return *no;
  if (auto no = judge_lists(run.now, wanted)) return *no;
  if (auto no = judge_existence(wanted)) return *no;
  if (auto no = judge_taking(wanted)) return *no;
  if (auto no = judge_orphans(wanted)) return *no;

  json_writer out;
  out.open_object().name("booking_ids").open_array();
  std::int32_t index = 0;
  std::vector<std::pair<const show*, std::vector<seat_id>>> lonely;
  for (seat_selection& one : wanted) {
    const entity_id id{run.now.offset, ++index};
    book(run.now, *one.of, id, run.client(), with_prices(*one.of, one.seats));
    out.value(to_text(booking_letter, id));
    if (!one.orphans.empty()) lonely.emplace_back(one.of, one.orphans);
  }
  out.close_array();
  if (!lonely.empty()) {
    out.name("orphans").open_array();
    for (const auto& [of, seats] : lonely)
      for (const seat_id seat : seats)
        out.open_object().field("seat", to_text(seat)).field("show_id", of->id).close_object();
    out.close_array();
  }
  out.close_object();
  return success(answer_code::reserved, out.take());
}

answer execute(execution& run, const seat_cancel& asked) {
  show* const of = run.state().shows.find(asked.show_id);
  if (of == nullptr) return refuse(answer_code::no_such_show);
  run.concerns(of->id, seat_texts(asked.seats));
  if (auto no = judge_giving_up(run, *of)) return *no;
  if (auto no = judge_duplicates(*of, asked.seats)) return *no;
  seats_by_booking found;
  if (auto no = judge_booked_seats(run, *of, asked.seats, found)) return *no;

  std::vector<seat_id> all;
  std::int64_t refund_cents = 0;
  for (auto& [id, seats] : found) {
    std::ranges::sort(seats);
    all.insert(all.end(), seats.begin(), seats.end());
    refund_cents = add_money(refund_cents, give_back(run.now, *of, *run.state().bookings.find(id), seats));
  }
  std::ranges::sort(all);
  announce_seats(run.now, *of, "seat.released", run.asked.client_id, all);
  return cancelled_answer(all, refund_cents);
}

answer execute(execution& run, const booking_cancel& asked) {
  const auto id = parse_entity_id(booking_letter, asked.booking_id);
  const booking* const found = id ? run.state().bookings.find(*id) : nullptr;
  if (found == nullptr) return refuse(answer_code::no_such_booking);
  run.concerns(found->show,
               asked.seats ? seat_texts(*asked.seats) : seat_texts(without_prices(found->seats)));
  if (found->client != run.asked.client_id) return refuse(answer_code::not_owner);
  if (found->state == booking_state::cancelled) return refuse(answer_code::already_cancelled);
  show& of = *run.state().shows.find(found->show);
  if (auto no = judge_giving_up(run, of)) return *no;
  if (asked.seats)
    if (auto no = judge_duplicates(of, *asked.seats)) return *no;
  const given_up back = find_given_up(of.id, found->seats, asked.seats);
  if (!back.unknown.empty()) return refuse(answer_code::no_such_seat, back.unknown);

  const std::int64_t refund_cents = give_back(run.now, of, *found, back.seats);
  announce_seats(run.now, of, "seat.released", run.asked.client_id, back.seats, "booking_id",
                 asked.booking_id);
  return cancelled_answer(back.seats, refund_cents);
}

}  // namespace marquee::booking
