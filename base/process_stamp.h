#pragma once

#include "base/types.h"

namespace marquee {

/// Which process of a broker speaks (DESIGN D8): the boot count goes up with each start of a data directory,
/// the process id is drawn at each start. Two processes that run from copies of one directory may have the
/// same boot count; then the process id shows that there are two.
struct process_stamp {
  boot_count boot{};
  process_id process{};

  bool operator==(const process_stamp&) const = default;
};

enum class process_standing : std::uint8_t {
  same,
  newer,  ///< started after the known one: it takes its place
  older,  ///< the known one was started after it
  twin,   ///< from a copy of the known one's directory, or the directory was set back: there can be one only
};

/// How a process with the identity of the known one stands to it. A side that names no process is of an older
/// release and is told from others by its boot count alone.
[[nodiscard]] constexpr process_standing compare_processes(const process_stamp& known,
                                                           const process_stamp& seen) {
  if (seen.boot != known.boot)
    return seen.boot > known.boot ? process_standing::newer : process_standing::older;
  const bool both_named = known.process.value() != 0 && seen.process.value() != 0;
  return both_named && known.process != seen.process ? process_standing::twin : process_standing::same;
}

}  // namespace marquee
