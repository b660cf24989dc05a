#pragma once

#include <cstdint>
#include <string>

#include "booking_app/machine/machine.h"
#include "client/api_failure.h"
#include "client/client_options.h"

namespace marquee::cli {

/// What a replay of the commands gave.
struct replayed_log {
  std::int64_t commands = 0;
  std::int64_t refused = 0;  ///< answers that were no success, and what is no command
  std::string digest{};      ///< after the last one
  double seconds = 0;        ///< reading through the API and applying, side by side
  double apply_seconds = 0;  ///< applying alone
};

/// Applies all commands that a topic holds now, from offset 0, to a booking machine of its own. Reads through
/// the public API on a thread of its own, a few batches ahead. Fails like the API does, and with BAD_LOG if
/// offsets are missing.
[[nodiscard]] client::outcome<replayed_log> replay_log(const client::client_options& options,
                                                       const std::string& topic);

}  // namespace marquee::cli
