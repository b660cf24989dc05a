#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/file_system.h"
#include "base/result.h"
#include "booking_app/machine/machine.h"

namespace marquee::booking {

/// Snapshots of a machine in one folder, `<next offset>.snapshot`: written aside, fsynced, renamed, the
/// folder fsynced, then older ones but one removed. A file that is cut, damaged or of a later release is
/// passed over with a log line, and the one before is taken; without any, the machine begins at offset 0. One
/// owner at a time: `open` takes a lock in the folder and refuses a second process. `load` and `save` may be
/// called from different threads, one after the other.
class snapshot_store {
 public:
  /// Makes the folder. Errors: refused (another process has it), io, no_space.
  [[nodiscard]] static result<snapshot_store> open(const std::string& folder,
                                                   file_system& files = system_file_system());

  /// The newest one that can be read; nothing if there is none.
  [[nodiscard]] std::optional<machine> load() const;
  /// Blocks for the fsync. Errors: io, no_space: the older snapshots stay.
  [[nodiscard]] result<> save(const std::string& snapshot, std::int64_t next_offset);

 private:
  snapshot_store(std::string folder, file_system& files, std::unique_ptr<file_lock> lock);
  [[nodiscard]] std::string path_of(std::int64_t next_offset) const;
  [[nodiscard]] std::vector<std::int64_t> newest_first() const;

  std::string folder_;
  file_system* files_;
  std::unique_ptr<file_lock> lock_;
};

}  // namespace marquee::booking
