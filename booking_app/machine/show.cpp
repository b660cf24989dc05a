#include "booking_app/machine/show.h"

#include <array>
#include <limits>

namespace marquee::booking {

std::string_view to_string(seat_state state) {
  constexpr std::array<std::string_view, 5> names = {"AVAILABLE", "HELD", "BOOKED", "BLOCKED", "UNKNOWN"};
  return names[static_cast<std::size_t>(state)];
}

std::string_view to_string(show_status status) {
  return status == show_status::open ? "OPEN" : "CLOSED";
}

std::int64_t& seat_counts::of(seat_state state) {
  switch (state) {
    case seat_state::held:
      return held;
    case seat_state::booked:
      return booked;
    case seat_state::blocked:
      return blocked;
    default:
      return available;
  }
}

bool show::has_seat(seat_id id) const {
  return id.row >= 1 && id.row <= rows() && id.column >= 1 && id.column <= columns() &&
         at(id).state != seat_state::aisle;
}

std::int64_t add_money(std::int64_t a, std::int64_t b) {
  std::int64_t sum = 0;
  if (__builtin_add_overflow(a, b, &sum)) return std::numeric_limits<std::int64_t>::max();
  return sum;
}

}  // namespace marquee::booking
