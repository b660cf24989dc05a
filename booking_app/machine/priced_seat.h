#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "booking_app/machine/entity_digest.h"
#include "booking_app/machine/seat_id.h"
#include "booking_app/machine/show.h"

namespace marquee::booking {

/// How long ended holds and cancelled bookings, and keys, are remembered (booking time).
inline constexpr std::int64_t remembered_ms = 24LL * 60 * 60 * 1000;

/// A seat of a hold or booking with what it costs, whatever the category costs later.
struct priced_seat {
  seat_id seat;
  std::int64_t price_cents = 0;
};

void describe(auto& archive, is_entity<priced_seat> auto& s) {
  archive(s.seat.row, s.seat.column, s.price_cents);
}

/// Sorted by (row, column).
using priced_seats = std::vector<priced_seat>;

[[nodiscard]] std::int64_t price_of(const priced_seats& seats);
[[nodiscard]] bool contains(const priced_seats& seats, seat_id seat);
/// At today's prices. `seats` must be sorted.
[[nodiscard]] priced_seats with_prices(const show& of, const std::vector<seat_id>& seats);
[[nodiscard]] std::vector<seat_id> without_prices(const priced_seats& seats);
/// Takes `given_up`, which must be sorted and part of `seats`, out of `seats`; returns what was taken out.
priced_seats take_out(priced_seats& seats, const std::vector<seat_id>& given_up);

}  // namespace marquee::booking
