#include "booking_app/machine/priced_seat.h"

#include <algorithm>
#include <utility>

namespace marquee::booking {

std::int64_t price_of(const priced_seats& seats) {
  std::int64_t sum = 0;
  for (const priced_seat& one : seats) sum = add_money(sum, one.price_cents);
  return sum;
}

bool contains(const priced_seats& seats, seat_id seat) {
  return std::ranges::binary_search(seats, seat, {}, &priced_seat::seat);
}

priced_seats with_prices(const show& of, const std::vector<seat_id>& seats) {
  priced_seats priced;
  priced.reserve(seats.size());
  for (const seat_id seat : seats) priced.push_back({seat, of.price_of(seat)});
  return priced;
}

std::vector<seat_id> without_prices(const priced_seats& seats) {
  std::vector<seat_id> plain;
  plain.reserve(seats.size());
  for (const priced_seat& one : seats) plain.push_back(one.seat);
  return plain;
}

priced_seats take_out(priced_seats& seats, const std::vector<seat_id>& given_up) {
  priced_seats taken;
  priced_seats kept;
  for (const priced_seat& one : seats)
    (std::ranges::binary_search(given_up, one.seat) ? taken : kept).push_back(one);
  seats = std::move(kept);
  return taken;
}

}  // namespace marquee::booking
