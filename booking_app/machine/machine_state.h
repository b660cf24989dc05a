#pragma once

#include <cstdint>
#include <optional>

#include "booking_app/machine/admission_table.h"
#include "booking_app/machine/booking_table.h"
#include "booking_app/machine/client_table.h"
#include "booking_app/machine/entity_digest.h"
#include "booking_app/machine/hold_table.h"
#include "booking_app/machine/lock_file_table.h"
#include "booking_app/machine/lock_table.h"
#include "booking_app/machine/session_table.h"
#include "booking_app/machine/settings.h"
#include "booking_app/machine/show_table.h"
#include "booking_app/machine/waiting_list_table.h"

namespace marquee::booking {

/// Booking time: how far the records have moved it. An outage moves it by a second at most, and a wall clock
/// that jumps does no harm.
struct booking_clock {
  static constexpr std::int64_t longest_step_ms = 1000;

  std::int64_t next_offset = 0;
  std::int64_t previous_timestamp_ms = 0;
  std::int64_t time_ms = 0;

  void advance(std::int64_t offset, std::int64_t timestamp_ms);
};

/// Everything that a replica knows: a function of the records up to `clock.next_offset`. Owned by the
/// machine, one thread. Tables keep the digest; nothing of an entity changes but through its table.
struct machine_state {
  machine_state() { digest.update(entity_kind::settings, config); }
  machine_state(const machine_state&) = delete;
  machine_state& operator=(const machine_state&) = delete;

  booking_clock clock;
  entity_digest digest;
  settings config;
  client_table clients{digest};
  session_table sessions{digest};
  show_table shows{digest};
  hold_table holds{digest};
  booking_table bookings{digest};
  waiting_list_table waiting{digest};
  admission_table admissions{digest};
  lock_table locks{digest};
  lock_file_table lock_files{digest};

  /// The digest, computed from all entities instead of their changes.
  [[nodiscard]] digest_value recomputed_digest() const;
  /// The next booking time at which something expires.
  [[nodiscard]] std::optional<std::int64_t> next_deadline() const;
};

}  // namespace marquee::booking
