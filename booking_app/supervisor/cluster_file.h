#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"

namespace marquee::booking {

/// The `cluster.json` of a local cluster (DESIGN section 7), which names the process of each replica. Others
/// write it too, whole and at any time: so this one looks again and again, and writes when it is not true. It
/// is replaced by renaming, and readers see one or the other.
class cluster_file {
 public:
  /// An empty path: there is none, and all calls do nothing.
  explicit cluster_file(std::string path) : path_(std::move(path)) {}

  /// Where the process of that name writes its output; empty if the file does not say.
  [[nodiscard]] std::string log_of(const std::string& name) const;
  /// The entry of that name has this id and command from now on. What stood in front of the program in the
  /// old command (nsenter and the like) stays. True if it had to be written. A process that is not in the
  /// file is left out. Errors: io, corrupt.
  result<bool> keep_true(const std::string& name, pid_t pid, const std::vector<std::string>& command) const;

 private:
  std::string path_;
};

}  // namespace marquee::booking
