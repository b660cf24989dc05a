#include "raft/runtime/superseded_process.h"

#include <cstdlib>

#include "base/logging.h"

namespace marquee::raft {

namespace {
constexpr int superseded_exit_status = 71;
}

void end_superseded_process(const replica_id& self, const std::string& data_dir, const error& why) {
  log_error(
      "raft",
      "this process may not run as broker {}: {}. It stops. If {} is a copy of another broker's data "
      "directory, remove the copy and give this process an empty directory. Else stop the other process, "
      "remove what it runs from, and start this one again",
      to_string(self), escape_for_log(why.message), data_dir);
  flush_log();
  std::_Exit(superseded_exit_status);
}

}  // namespace marquee::raft
