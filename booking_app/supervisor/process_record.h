#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace marquee::booking {

/// `<data_dir>/process.json`: what a replica says of itself when it starts.
struct process_record {
  pid_t pid = 0;
  std::int64_t start_ticks = 0;  ///< of that process: ids are used again, but not at the same tick
  std::string replica{};
  std::int64_t incarnation = 0;
};

/// Nothing if there is none, or none that can be read.
[[nodiscard]] std::optional<process_record> read_process_record(const std::string& data_dir);

/// Field 22 of /proc/<pid>/stat; nothing for a process that has ended, waited for or not.
[[nodiscard]] std::optional<std::int64_t> start_ticks_of(pid_t pid);

/// Whether that very process runs.
[[nodiscard]] bool is_alive(const process_record& record);

/// The arguments it was started with; empty if it is gone.
[[nodiscard]] std::vector<std::string> command_of(pid_t pid);

}  // namespace marquee::booking
