#pragma once

#include "base/config.h"
#include "read_manager/read_manager_options.h"

namespace marquee::read_manager {

/// Adds the keys of a read manager.
void describe(config_schema& schema, read_manager_options& options);

/// Runs until SIGTERM or SIGINT. The exit code of the process: 0 after a graceful stop, 1 if it could not
/// start.
[[nodiscard]] int run_read_manager(const read_manager_options& options);

}  // namespace marquee::read_manager
