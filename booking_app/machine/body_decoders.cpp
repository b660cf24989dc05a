#include "booking_app/machine/body_decoders.h"

#include <algorithm>
#include <array>
#include <utility>

#include "booking_app/machine/identifier_rules.h"
#include "booking_app/machine/settings.h"

namespace marquee::booking {
namespace {

command_body decode_nothing(field_reader&) {
  return no_command{};
}

/// The number is for people who look at the log; the machine has no use for it.
command_body decode_version(field_reader& body) {
  (void)body.optional_integer("version", 0, largest_integer);
  return no_command{};
}

command_body decode_session_open(field_reader& body) {
  session_open opened;
  opened.lease_ms = body.optional_integer("lease_ms", shortest_lease_ms, longest_lease_ms);
  opened.grace_ms = body.optional_integer("grace_ms", 0, longest_grace_ms);
  opened.resume = body.optional_text("resume");
  return opened;
}

command_body decode_session_touch(field_reader& body) {
  return session_touch{body.texts("ids")};
}

command_body decode_session_close(field_reader&) {
  return session_close{};
}

best_request read_best(field_reader& body) {
  best_request best;
  best.n = body.integer("n", 1, largest_integer);
  best.category = body.optional_text("category");
  return best;
}

command_body decode_waitlist_join(field_reader& body) {
  waitlist_join joined;
  joined.show_id = read_show_id(body);
  joined.wanted = read_best(body);
  return joined;
}

/// The table lists the same fields for leave as for join; who leaves need not say them.
command_body decode_waitlist_leave(field_reader& body) {
  const waitlist_leave left{read_show_id(body)};
  (void)body.optional_integer("n", 1, largest_integer);
  (void)body.optional_text("category");
  return left;
}

command_body decode_block_change(field_reader& body, block_change change) {
  seat_block changed;
  changed.change = change;
  changed.show_id = read_show_id(body);
  changed.seats = read_seats(body);
  changed.reason = body.text("reason");
  return changed;
}

command_body decode_seat_block(field_reader& body) {
  return decode_block_change(body, block_change::block);
}

command_body decode_seat_unblock(field_reader& body) {
  return decode_block_change(body, block_change::unblock);
}

command_body decode_queue_join(field_reader& body) {
  return queue_join{read_show_id(body)};
}

command_body decode_config_set(field_reader& body) {
  config_set set;
  set.key = body.text("key");
  const json_value* const value = body.required("value");
  if (value != nullptr) set.value = *value;
  return set;
}

using entry = std::pair<std::string_view, body_decoder>;

// Sorted by type.
constexpr std::array decoders = {
    entry{"booking.cancel", decode_booking_cancel},
    entry{"booking.confirm", decode_booking_confirm},
    entry{"booking.exchange", decode_booking_exchange},
    entry{"config.set", decode_config_set},
    entry{"hold.extend", decode_hold_extend},
    entry{"hold.release", decode_hold_release},
    entry{"lock.acquire", decode_lock_acquire},
    entry{"lock.append", decode_lock_append},
    entry{"lock.break", decode_lock_break},
    entry{"lock.release", decode_lock_release},
    entry{"lock.renew", decode_lock_renew},
    entry{"multi.reserve", decode_multi_reserve},
    entry{"queue.join", decode_queue_join},
    entry{"seat.block", decode_seat_block},
    entry{"seat.cancel", decode_seat_cancel},
    entry{"seat.hold", decode_seat_hold},
    entry{"seat.reserve", decode_seat_reserve},
    entry{"seat.unblock", decode_seat_unblock},
    entry{"session.close", decode_session_close},
    entry{"session.open", decode_session_open},
    entry{"session.touch", decode_session_touch},
    entry{"show.add", decode_show_add},
    entry{"show.remove", decode_show_remove},
    entry{"show.update", decode_show_update},
    entry{"sm.version", decode_version},
    entry{"tick", decode_nothing},
    entry{"waitlist.join", decode_waitlist_join},
    entry{"waitlist.leave", decode_waitlist_leave},
};
static_assert(std::ranges::is_sorted(decoders, {}, &entry::first));

}  // namespace

body_decoder find_body_decoder(std::string_view type) {
  const auto found = std::ranges::lower_bound(decoders, type, {}, &entry::first);
  return found != decoders.end() && found->first == type ? found->second : nullptr;
}

std::string_view read_show_id(field_reader& body) {
  const std::string_view id = body.text("show_id");
  if (!body.failed() && !is_valid_show_id(id)) body.refuse("show_id", "is no show id: [A-Za-z0-9._-]{1,64}");
  return id;
}

std::vector<std::string_view> read_seats(field_reader& body) {
  auto seats = read_optional_seats(body, "seats");
  if (!seats) body.refuse("seats", "is missing");
  return seats ? std::move(*seats) : std::vector<std::string_view>();
}

std::optional<std::vector<std::string_view>> read_optional_seats(field_reader& body, std::string_view name) {
  auto seats = body.optional_texts(name);
  if (seats && seats->empty()) body.refuse(name, "must not be empty");
  return seats;
}

seat_request read_seat_request(field_reader& body) {
  seat_request wanted;
  auto seats = read_optional_seats(body, "seats");
  const json_value* const best = body.optional_object("best");
  if (seats.has_value() == (best != nullptr)) body.refuse("seats", "or best must be given, and not both");
  if (seats) wanted.seats = std::move(*seats);
  if (best != nullptr) {
    field_reader fields = body.child(*best, "body.best");
    wanted.best = read_best(fields);
    fields.finish();
  }
  return wanted;
}

}  // namespace marquee::booking
