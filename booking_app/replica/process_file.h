#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace marquee::booking {

/// Writes `<data_dir>/process.json`: {"pid","start_ticks","replica","incarnation"} of this process, so that
/// the supervisor knows whom to stop, and that a pid was not given to somebody else since. Errors: io,
/// no_space.
[[nodiscard]] result<> write_process_file(const std::string& data_dir, const std::string& replica,
                                          std::int64_t incarnation);

/// When a process was started, in clock ticks since the machine's start: field 22 of the text of
/// /proc/<pid>/stat. The name of the program, field 2, may hold spaces and parentheses. Errors: corrupt.
[[nodiscard]] result<std::int64_t> start_ticks_in(std::string_view stat);

}  // namespace marquee::booking
