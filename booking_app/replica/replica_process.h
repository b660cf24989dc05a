#pragma once

#include "base/config.h"
#include "booking_app/replica/replica_options.h"

namespace marquee::booking {

/// Adds the keys of a replica.
void describe(config_schema& schema, replica_options& options);

/// Runs until SIGTERM or SIGINT. The exit code of the process: 0 after a graceful stop, 1 if it could not
/// start, or if the log does not go on where its state ends.
[[nodiscard]] int run_booking_replica(const replica_options& options);

}  // namespace marquee::booking
