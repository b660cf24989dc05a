#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/result.h"
#include "booking_app/machine/machine.h"

namespace marquee::booking {

/// Snapshots of a machine in one folder, `<next offset>.snapshot`: written aside, fsynced, renamed, the
/// folder fsynced, then older ones but one removed. A file that is cut, damaged or of a later release is
/// passed over with a log line, and the one before is taken; without any, the machine begins at offset 0. One
/// owner at a time: `open` takes a lock in the folder and refuses a second process by name of its pid.
class snapshot_store {
 public:
  /// Makes the folder. Errors: already_exists (another process has it), io.
  [[nodiscard]] static result<snapshot_store> open(const std::string& folder);
  snapshot_store(snapshot_store&&) noexcept;
  snapshot_store& operator=(snapshot_store&&) noexcept;
  ~snapshot_store();

  /// The newest one that can be read; nothing if there is none.
  [[nodiscard]] std::optional<machine> load() const;
  /// Blocks for the fsync. Errors: io (full disk: the older snapshots stay).
  [[nodiscard]] result<> save(const std::string& snapshot, std::int64_t next_offset);

 private:
  explicit snapshot_store(std::string folder, int lock);
  std::string folder_;
  int lock_ = -1;
};

}  // namespace marquee::booking
