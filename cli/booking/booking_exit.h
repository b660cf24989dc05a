#pragma once

#include "cli/exit_code.h"

namespace marquee::cli {

/// What `marquee booking` ends with: its own numbers, which its specification fixes (booking.md section 6).
/// Ctrl-C ends it with 130, as everywhere.
enum class booking_exit : int {
  success = 0,
  refused = 2,  ///< the state machine refused; nothing happened
  unavailable =
      3,      ///< no server could answer in time, or the session is over; the message says what is known
  usage = 4,  ///< wrong command line
  interrupted = 130,
};

/// The same number as the type that every command ends with.
[[nodiscard]] constexpr exit_code to_exit_code(booking_exit code) {
  return static_cast<exit_code>(static_cast<int>(code));
}

}  // namespace marquee::cli
