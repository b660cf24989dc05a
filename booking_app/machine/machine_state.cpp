#include "booking_app/machine/machine_state.h"

#include <algorithm>

#include "base/assert.h"

namespace marquee::booking {

void booking_clock::advance(std::int64_t offset, std::int64_t timestamp_ms) {
  MARQUEE_ASSERT(offset >= next_offset, "records are applied once, in the order of their offsets");
  // Unsigned, because timestamps are anybody's numbers and their distance may be more than an int64 holds.
  if (next_offset > 0 && timestamp_ms > previous_timestamp_ms) {
    const std::uint64_t distance =
        static_cast<std::uint64_t>(timestamp_ms) - static_cast<std::uint64_t>(previous_timestamp_ms);
    time_ms += static_cast<std::int64_t>(std::min<std::uint64_t>(distance, longest_step_ms));
  }
  previous_timestamp_ms = timestamp_ms;
  next_offset = offset + 1;
}

digest_value machine_state::recomputed_digest() const {
  entity_digest sum;
  const auto add = [&](entity_kind kind, const auto& entity) { sum.add(kind, entity); };
  add(entity_kind::settings, config);
  add(entity_kind::token_counter, locks.counter());
  clients.visit(add, walk::as_it_comes);
  clients.visit_answers(add, walk::as_it_comes);
  sessions.visit(add, walk::as_it_comes);
  shows.visit(add);
  shows.visit_details(add);
  holds.visit(add, walk::as_it_comes);
  bookings.visit(add, walk::as_it_comes);
  waiting.visit(add);
  admissions.visit(add);
  locks.visit(add);
  locks.visit_waiters(add);
  locks.visit_staged(add);
  lock_files.visit_marks(add);
  return sum.total();
}

std::optional<std::int64_t> machine_state::next_deadline() const {
  std::optional<std::int64_t> next;
  for (const auto& deadline :
       {sessions.next_deadline(), locks.next_deadline(), holds.next_deadline(), admissions.next_deadline()})
    if (deadline) next = std::min(next.value_or(*deadline), *deadline);
  return next;
}

}  // namespace marquee::booking
