#include <algorithm>

#include "booking_app/machine/body_decoders.h"

namespace marquee::booking {

command_body decode_seat_hold(field_reader& body) {
  seat_hold held;
  held.show_id = read_show_id(body);
  held.wanted = read_seat_request(body);
  held.ttl_ms = body.optional_integer("ttl_ms", 1, largest_integer);
  return held;
}

command_body decode_hold_extend(field_reader& body) {
  hold_extend extended;
  extended.hold_id = body.text("hold_id");
  extended.ttl_ms = body.optional_integer("ttl_ms", 1, largest_integer);
  return extended;
}

command_body decode_hold_release(field_reader& body) {
  hold_release released;
  released.hold_id = body.text("hold_id");
  released.seats = read_optional_seats(body, "seats");
  return released;
}

command_body decode_booking_confirm(field_reader& body) {
  return booking_confirm{body.text("hold_id")};
}

command_body decode_seat_reserve(field_reader& body) {
  seat_reserve reserved;
  reserved.show_id = read_show_id(body);
  reserved.wanted = read_seat_request(body);
  reserved.expected_version = body.optional_integer("expected_version", -largest_integer, largest_integer);
  return reserved;
}

command_body decode_seat_cancel(field_reader& body) {
  seat_cancel cancelled;
  cancelled.show_id = read_show_id(body);
  cancelled.seats = read_seats(body);
  return cancelled;
}

command_body decode_booking_cancel(field_reader& body) {
  booking_cancel cancelled;
  cancelled.booking_id = body.text("booking_id");
  cancelled.seats = read_optional_seats(body, "seats");
  return cancelled;
}

command_body decode_booking_exchange(field_reader& body) {
  booking_exchange exchanged;
  exchanged.booking_id = body.text("booking_id");
  exchanged.from_seats = read_optional_seats(body, "from_seats");
  const json_value* const to = body.optional_object("to");
  if (to == nullptr) {
    body.refuse("to", "is missing");
    return exchanged;
  }
  field_reader target = body.child(*to, "body.to");
  exchanged.to_show = read_show_id(target);
  exchanged.to = read_seat_request(target);
  target.finish();
  return exchanged;
}

command_body decode_multi_reserve(field_reader& body) {
  multi_reserve reserved;
  for (const json_value* const item : body.objects("items")) {
    field_reader fields = body.child(*item, "body.items[]");
    reserve_item& one = reserved.items.emplace_back();
    one.show_id = read_show_id(fields);
    one.seats = read_seats(fields);
    fields.finish();
  }
  if (reserved.items.empty()) body.refuse("items", "must not be empty");
  std::vector<std::string_view> shows;
  for (const reserve_item& item : reserved.items) shows.push_back(item.show_id);
  std::ranges::sort(shows);
  if (std::ranges::adjacent_find(shows) != shows.end()) body.refuse("items", "must not have a show twice");
  return reserved;
}

}  // namespace marquee::booking
