#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace marquee::booking {

/// Every code with which the state machine answers a command. Stored in snapshots by number: new ones go to
/// the end.
// clang-format off
enum class answer_code : std::uint8_t {
  session_opened, touched, closed, show_added, show_updated, show_removed, held, extended, released, booked,
  reserved, cancelled, exchanged, queued, left, blocked, unblocked, admitted, waiting, granted, renewed,
  staged, broken, config_set, last_success = config_set,
  bad_command, seq_too_old, idempotency_mismatch, no_such_session, session_expired, not_owner, not_admin,
  too_many_sessions, no_such_show, no_such_hold, no_such_booking, no_such_lock, hold_expired,
  already_confirmed, already_released, already_cancelled, show_started, show_closed, not_admitted,
  version_mismatch, duplicate_seat, limit, hold_limit, no_such_seat, not_occupied, seat_taken,
  not_enough_seats, orphan_seat, show_exists, bad_layout, cannot_shrink, has_bookings, already_waiting,
  not_sold_out, not_waiting, lock_held, not_holder, lock_expired, stale_token, txn_too_big, wait_timeout,
  bad_config, last = bad_config,
};
// clang-format on

/// `SEAT_TAKEN`
[[nodiscard]] std::string_view to_string(answer_code code);
/// A sentence for people.
[[nodiscard]] std::string_view explain(answer_code code);

[[nodiscard]] inline bool is_success(answer_code code) {
  return code <= answer_code::last_success;
}

}  // namespace marquee::booking
