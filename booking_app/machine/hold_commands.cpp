#include <algorithm>

#include "booking_app/machine/effects.h"
#include "booking_app/machine/executors.h"
#include "booking_app/machine/json_writer.h"
#include "booking_app/machine/permission.h"
#include "booking_app/machine/seat_selection.h"

namespace marquee::booking {
namespace {

answer held_answer(const hold& made, std::int64_t ttl_ms, const std::vector<seat_id>& orphans) {
  json_writer out;
  out.open_object().field("expires_in_ms", ttl_ms).field("hold_id", to_text(hold_letter, made.id));
  if (!orphans.empty()) {
    out.name("orphans");
    write_seats(out, orphans);
  }
  out.field("price_cents", price_of(made.seats)).name("seats");
  write_seats(out, without_prices(made.seats));
  out.close_object();
  return success(answer_code::held, out.take());
}

/// Steps 6 to 8: the hold, if it may be used.
struct found_hold {
  const hold* live = nullptr;
  verdict refusal;
};

found_hold find_hold(execution& run, std::string_view hold_id) {
  const auto id = parse_entity_id(hold_letter, hold_id);
  const hold* const found = id ? run.state().holds.find(*id) : nullptr;
  if (found == nullptr) return {nullptr, refuse(answer_code::no_such_hold)};
  run.concerns(found->show, seat_texts(without_prices(found->seats)));
  if (found->client != run.asked.client_id) return {nullptr, refuse(answer_code::not_owner)};
  switch (found->state) {
    case hold_state::live:
      return {found, std::nullopt};
    case hold_state::expired:
      return {nullptr, refuse(answer_code::hold_expired)};
    case hold_state::released:
      return {nullptr, refuse(answer_code::already_released)};
    case hold_state::confirmed:
      return {nullptr, refuse(answer_code::already_confirmed)};
  }
  return {nullptr, refuse(answer_code::no_such_hold)};
}

}  // namespace

answer execute(execution& run, const seat_hold& asked) {
  machine_state& state = run.state();
  show* const of = state.shows.find(asked.show_id);
  if (of == nullptr) return refuse(answer_code::no_such_show);
  run.concerns(of->id, seat_texts(asked.wanted.seats));
  if (auto no = judge_taking_from(run, *of)) return *no;
  seat_selection wanted(*of, asked.wanted.seats, asked.wanted.best);
  const selections all(&wanted, 1);
  const std::int64_t ttl_ms = asked.ttl_ms.value_or(state.config.hold_ms);
  if (auto no = judge_lists(run.now, all)) return *no;
  if (ttl_ms > state.config.max_hold_ms) return refuse(answer_code::hold_limit);
  if (auto no = judge_existence(all)) return *no;
  if (auto no = judge_taking(all)) return *no;
  if (auto no = judge_orphans(all)) return *no;

  const hold& made = state.holds.add({.id = run.new_id(),
                                      .client = run.client(),
                                      .session = run.session(),
                                      .show = of->id,
                                      .seats = with_prices(*of, wanted.seats),
                                      .created_ms = run.now.time_ms,
                                      .deadline_ms = run.now.time_ms + ttl_ms});
  set_seats(run.now, *of, wanted.seats, seat_state::held, made.id);
  announce_seats(run.now, *of, "seat.held", made.client, wanted.seats, "hold_id",
                 to_text(hold_letter, made.id));
  run.audit.back().seats = seat_texts(wanted.seats);
  return held_answer(made, ttl_ms, wanted.orphans);
}

answer execute(execution& run, const hold_extend& asked) {
  const found_hold found = find_hold(run, asked.hold_id);
  if (found.refusal) return *found.refusal;
  const settings& config = run.state().config;
  const std::int64_t ttl_ms = asked.ttl_ms.value_or(config.hold_ms);
  // Compared as durations, which cannot overflow.
  const std::int64_t age_ms = run.now.time_ms - found.live->created_ms;
  if (ttl_ms > config.max_hold_ms - age_ms) return refuse(answer_code::hold_limit);
  run.state().holds.set_deadline(found.live->id, run.now.time_ms + ttl_ms);
  json_writer out;
  out.open_object().field("expires_in_ms", ttl_ms).field("hold_id", asked.hold_id).close_object();
  return success(answer_code::extended, out.take());
}

answer execute(execution& run, const hold_release& asked) {
  const found_hold found = find_hold(run, asked.hold_id);
  if (found.refusal) return *found.refusal;
  const hold& released = *found.live;
  show& of = *run.state().shows.find(released.show);
  if (asked.seats) {
    run.audit.back().seats = seat_texts(*asked.seats);
    if (auto no = judge_duplicates(of, *asked.seats)) return *no;
  }
  const given_up back = find_given_up(of.id, released.seats, asked.seats);
  if (!back.unknown.empty()) return refuse(answer_code::no_such_seat, back.unknown);

  priced_seats kept = released.seats;
  take_out(kept, back.seats);
  if (kept.empty())
    run.state().holds.end(released.id, hold_state::released, run.now.time_ms);
  else
    run.state().holds.set_seats(released.id, std::move(kept));
  set_seats(run.now, of, back.seats, seat_state::available);
  announce_seats(run.now, of, "seat.released", run.asked.client_id, back.seats, "hold_id", asked.hold_id);
  return success(answer_code::released);
}

answer execute(execution& run, const booking_confirm& asked) {
  const found_hold found = find_hold(run, asked.hold_id);
  if (found.refusal) return *found.refusal;
  const hold& confirmed = *found.live;
  show& of = *run.state().shows.find(confirmed.show);
  run.state().holds.end(confirmed.id, hold_state::confirmed, run.now.time_ms);
  const booking& made = book(run.now, of, run.new_id(), confirmed.client, confirmed.seats);
  json_writer out;
  out.open_object().field("booking_id", to_text(booking_letter, made.id));
  out.field("price_cents", price_of(made.seats)).name("seats");
  write_seats(out, without_prices(made.seats));
  out.close_object();
  return success(answer_code::booked, out.take());
}

}  // namespace marquee::booking
