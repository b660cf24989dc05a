#include "booking_app/machine/queries.h"

#include <algorithm>
#include <tuple>

#include "booking_app/machine/event_list.h"
#include "booking_app/machine/json_writer.h"

namespace marquee::booking {
namespace {

void write_show(json_writer& out, const show& one) {
  const seat_counts& counts = one.counts;
  out.open_object()
      .field("blocked", counts.blocked)
      .field("booked", counts.booked)
      .field("free", counts.available);
  out.field("hall", one.hall).field("held", counts.held).field("movie", one.movie).field("show_id", one.id);
  out.field("show_version", one.version).field("starts_at_ms", one.starts_at_ms);
  out.field("status", to_string(one.status)).field("total", counts.total()).close_object();
}

bool passes(const show& one, const show_filter& filter) {
  if (filter.movie && one.movie != *filter.movie) return false;
  if (filter.from_ms && one.starts_at_ms < *filter.from_ms) return false;
  return !filter.only_available || (one.counts.available > 0 && one.status == show_status::open);
}

/// Whose seat it is while it is held or booked.
std::string_view owner_of(const machine_state& state, const seat& place) {
  if (place.state == seat_state::held) {
    const hold* const by = state.holds.find(place.holder);
    return by == nullptr ? std::string_view() : by->client;
  }
  const booking* const by = state.bookings.find(place.holder);
  return by == nullptr ? std::string_view() : by->client;
}

void write_seat(json_writer& out, const machine_state& state, const show& of, seat_id id,
                std::string_view asker) {
  const seat& place = of.at(id);
  out.open_object().field("cat", of.category_of(id.row).id).field("col", id.column).field("id", to_text(id));
  if (place.state == seat_state::held || place.state == seat_state::booked)
    out.field("mine", !asker.empty() && owner_of(state, place) == asker);
  out.field("row", id.row).field("state", to_string(place.state)).close_object();
}

void write_categories(json_writer& out, const show& of) {
  out.name("categories").open_array();
  for (const seat_category& category : of.categories)
    out.open_object()
        .field("id", category.id)
        .field("name", category.name)
        .field("price_cents", category.price_cents)
        .close_object();
  out.close_array();
}

void write_hold(json_writer& out, const machine_state& state, const hold& one) {
  out.open_object().field("expires_in_ms", one.deadline_ms - state.clock.time_ms);
  out.field("hold_id", to_text(hold_letter, one.id)).field("price_cents", price_of(one.seats)).name("seats");
  write_seats(out, without_prices(one.seats));
  out.field("show_id", one.show).close_object();
}

void write_holds(json_writer& out, const machine_state& state, std::int64_t session) {
  out.name("holds").open_array();
  for (const entity_id id : state.holds.of_session(session)) write_hold(out, state, *state.holds.find(id));
  out.close_array();
}

void write_holder(json_writer& out, std::string_view client, std::int64_t session) {
  out.open_object().field("client_id", client).field("session_id", session_text(session)).close_object();
}

}  // namespace

std::string shows_json(const machine_state& state, const show_filter& filter) {
  std::vector<const show*> shows;
  for (const auto& [id, one] : state.shows.all())
    if (passes(one, filter)) shows.push_back(&one);
  std::ranges::sort(shows, [](const show* a, const show* b) {
    return std::tie(a->starts_at_ms, a->id) < std::tie(b->starts_at_ms, b->id);
  });
  json_writer out;
  out.open_object().name("shows").open_array();
  for (const show* const one : shows) write_show(out, *one);
  return out.close_array().close_object().take();
}

std::optional<std::string> seat_map_json(const machine_state& state, std::string_view show_id,
                                         std::string_view asker) {
  const show* const found = state.shows.find(show_id);
  if (found == nullptr) return std::nullopt;
  json_writer out;
  out.open_object();
  write_categories(out, *found);
  out.field("cols", found->columns()).field("hall", found->hall).field("movie", found->movie);
  out.field("rows", found->rows()).name("seats").open_array();
  for (std::int32_t row = 1; row <= found->rows(); ++row)
    for (std::int32_t column = 1; column <= found->columns(); ++column)
      if (found->has_seat({row, column})) write_seat(out, state, *found, {row, column}, asker);
  out.close_array().field("show_id", found->id).field("show_status", to_string(found->status));
  out.field("show_version", found->version).field("starts_at_ms", found->starts_at_ms).close_object();
  return out.take();
}

std::optional<session_view> session_json(const machine_state& state, std::string_view session_id,
                                         std::string_view asker) {
  const auto id = parse_session(session_id);
  if (!id) return std::nullopt;
  const session* const live = state.sessions.find(*id);
  json_writer out;
  if (live == nullptr) {
    if (*id >= state.clock.next_offset) return std::nullopt;
    out.open_object().field("session_id", session_id).field("state", "EXPIRED").close_object();
    return session_view{false, out.take()};
  }
  if (live->client != asker) return session_view{true, ""};
  out.open_object().field("client_id", live->client);
  out.field("expires_in_ms", live->end_ms() - state.clock.time_ms).field("grace_ms", live->grace_ms);
  write_holds(out, state, *id);
  out.field("lease_left_ms", std::max<std::int64_t>(live->lease_deadline_ms - state.clock.time_ms, 0));
  out.field("lease_ms", live->lease_ms).name("locks").open_array();
  for (const std::string& name : state.locks.held_by(*id))
    out.open_object().field("name", name).field("token", state.locks.find(name)->grant->token).close_object();
  out.close_array().field("session_id", session_id);
  out.field("state", live->state == session_state::active ? "ACTIVE" : "JEOPARDY").close_object();
  return session_view{false, out.take()};
}

std::string bookings_json(const machine_state& state, std::string_view client, booking_filter filter) {
  json_writer out;
  out.open_object().name("bookings").open_array();
  for (const entity_id id : state.bookings.of_client(client)) {
    const booking& one = *state.bookings.find(id);
    const bool is_live = one.state == booking_state::live;
    if (!is_live && filter == booking_filter::live) continue;
    out.open_object().field("booking_id", to_text(booking_letter, id));
    out.field("price_cents", price_of(one.seats)).name("seats");
    write_seats(out, without_prices(one.seats));
    out.field("show_id", one.show);
    if (filter == booking_filter::all) out.field("state", is_live ? "LIVE" : "CANCELLED");
    out.close_object();
  }
  return out.close_array().close_object().take();
}

std::optional<std::string> lock_json(const machine_state& state, std::string_view name) {
  const lock* const found = state.locks.find(name);
  if (found == nullptr) return std::nullopt;
  json_writer out;
  out.open_object().name("holder");
  if (found->grant)
    write_holder(out, found->grant->client, found->grant->session);
  else
    out.raw("null");
  out.field("name", found->name).field("token", found->grant ? found->grant->token : found->last_token);
  out.field("ttl_left_ms", found->grant ? found->grant->deadline_ms - state.clock.time_ms : 0);
  out.name("waiters").open_array();
  for (const auto& [since, waiter] : found->waiters) write_holder(out, waiter.client, waiter.session);
  return out.close_array().close_object().take();
}

std::string holds_json(const machine_state& state, std::int64_t session) {
  json_writer out;
  out.open_object();
  write_holds(out, state, session);
  return out.close_object().take();
}

}  // namespace marquee::booking
