#pragma once

#include "base/config.h"
#include "write_manager/write_manager_options.h"

namespace marquee::write_manager {

/// Adds every configuration key of a write manager.
void describe(config_schema& schema, write_manager_options& options);

/// Runs a write manager until SIGTERM or SIGINT, then stops gracefully. Returns the exit code. Starts without
/// PostgreSQL too: it says so in the log and in GET /ready, and serves as soon as it has read the metadata
/// once.
[[nodiscard]] int run_write_manager(const write_manager_options& options);

}  // namespace marquee::write_manager
