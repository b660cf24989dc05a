#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"

namespace marquee::booking {

struct launch_request {
  std::vector<std::string> command;  ///< the program, by its path, and its arguments
  std::string lock_file;             ///< made if missing
  std::string log_file;              ///< appended to by its output; empty: where this process writes
};

/// Starts a program in a session of its own, so that it outlives this process. It holds the lock until it
/// ends, so that there is one at a time whoever starts the next one, even before the program has said
/// anything. Errors: refused (somebody holds the lock), not_found (no such program), io.
[[nodiscard]] result<pid_t> launch_process(const launch_request& request);

/// The process that holds the lock; nothing if it is free. 0: held, and it is not known by whom.
[[nodiscard]] std::optional<pid_t> holder_of_lock(const std::string& lock_file);

}  // namespace marquee::booking
