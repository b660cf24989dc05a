#pragma once

#include "base/config.h"
#include "booking_app/front_end/front_end_options.h"

namespace marquee::booking {

/// Adds the keys of a front end.
void describe(config_schema& schema, front_end_options& options);

/// Runs until SIGTERM or SIGINT. Returns the exit code.
[[nodiscard]] int run_booking_front_end(const front_end_options& options);

}  // namespace marquee::booking
