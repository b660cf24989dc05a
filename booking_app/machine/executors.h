#pragma once

#include "booking_app/machine/client_table.h"
#include "booking_app/machine/command.h"
#include "booking_app/machine/step.h"

// One function per command: steps 5 to 15 of the order of checks, then the effects. A refusal changes
// nothing.
namespace marquee::booking {

[[nodiscard]] answer execute(execution& run, const no_command& asked);
[[nodiscard]] answer execute(execution& run, const session_open& asked);
[[nodiscard]] answer execute(execution& run, const session_touch& asked);
[[nodiscard]] answer execute(execution& run, const session_close& asked);

[[nodiscard]] answer execute(execution& run, const show_add& asked);
[[nodiscard]] answer execute(execution& run, const show_update& asked);
[[nodiscard]] answer execute(execution& run, const show_remove& asked);

[[nodiscard]] answer execute(execution& run, const seat_hold& asked);
[[nodiscard]] answer execute(execution& run, const hold_extend& asked);
[[nodiscard]] answer execute(execution& run, const hold_release& asked);
[[nodiscard]] answer execute(execution& run, const booking_confirm& asked);

[[nodiscard]] answer execute(execution& run, const seat_reserve& asked);
[[nodiscard]] answer execute(execution& run, const multi_reserve& asked);
[[nodiscard]] answer execute(execution& run, const seat_cancel& asked);
[[nodiscard]] answer execute(execution& run, const booking_cancel& asked);
[[nodiscard]] answer execute(execution& run, const booking_exchange& asked);
[[nodiscard]] answer execute(execution& run, const seat_block& asked);

[[nodiscard]] answer execute(execution& run, const waitlist_join& asked);
[[nodiscard]] answer execute(execution& run, const waitlist_leave& asked);
[[nodiscard]] answer execute(execution& run, const queue_join& asked);

[[nodiscard]] answer execute(execution& run, const lock_acquire& asked);
[[nodiscard]] answer execute(execution& run, const lock_renew& asked);
[[nodiscard]] answer execute(execution& run, const lock_append& asked);
[[nodiscard]] answer execute(execution& run, const lock_release& asked);
[[nodiscard]] answer execute(execution& run, const lock_break& asked);

[[nodiscard]] answer execute(execution& run, const config_set& asked);

}  // namespace marquee::booking
