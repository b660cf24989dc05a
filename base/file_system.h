#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace marquee {

/// An open file. One writer at a time; reads may run beside it from other threads.
/// After a failed write or sync the file must not be used for writing again (DESIGN D4): what is on disk is
/// unknown.
class file {
 public:
  virtual ~file() = default;
  /// Reads up to `target.size()` bytes at `position`; fewer only at the end of the file. Errors: io.
  [[nodiscard]] virtual result<std::size_t> read_at(std::uint64_t position,
                                                    std::span<std::uint8_t> target) const = 0;
  /// Writes all `parts`, one after the other, at `position`. Errors: io, no_space; a part may have been
  /// written.
  [[nodiscard]] virtual result<> write_at(std::uint64_t position, std::span<const bytes_view> parts) = 0;
  /// Returns when data and size are on stable storage (fdatasync). Errors: io.
  [[nodiscard]] virtual result<> sync() = 0;
  [[nodiscard]] virtual result<std::uint64_t> size() const = 0;
  /// Cuts or extends (with zeros). Not durable before `sync`.
  [[nodiscard]] virtual result<> truncate(std::uint64_t size) = 0;
};

enum class open_mode : std::uint8_t { read, write, create, create_new };

/// Holds a lock until it is destroyed. The operating system drops it when the process dies.
class file_lock {
 public:
  virtual ~file_lock() = default;
};

/// The operating system's files behind an interface, so that crashes, full disks and lost writes can be
/// simulated. Thread-safe. Paths are as the operating system takes them.
class file_system {
 public:
  virtual ~file_system() = default;
  /// `read` and `write` need an existing file, `create` makes it if missing, `create_new` refuses an existing
  /// one (already_exists). Errors: not_found, io, no_space.
  [[nodiscard]] virtual result<std::unique_ptr<file>> open(const std::string& path, open_mode mode) = 0;
  [[nodiscard]] virtual result<bool> exists(const std::string& path) const = 0;
  /// Atomically replaces `to`. Durable after `sync_directory` of the folder.
  [[nodiscard]] virtual result<> rename(const std::string& from, const std::string& to) = 0;
  /// Removing what is not there succeeds.
  [[nodiscard]] virtual result<> remove_file(const std::string& path) = 0;
  /// Makes the folder and its parents, and syncs each parent that it changed.
  [[nodiscard]] virtual result<> create_directories(const std::string& path) = 0;
  /// Removes an empty folder; what is not there succeeds.
  [[nodiscard]] virtual result<> remove_directory(const std::string& path) = 0;
  /// Names of files and folders in `path`, sorted, without "." and "..". Errors: not_found, io.
  [[nodiscard]] virtual result<std::vector<std::string>> list(const std::string& path) const = 0;
  /// Makes creations, renames and removals in the folder durable.
  [[nodiscard]] virtual result<> sync_directory(const std::string& path) = 0;
  /// Bytes that can still be written to the file system that holds `path`.
  [[nodiscard]] virtual result<std::uint64_t> free_bytes(const std::string& path) const = 0;
  /// Takes an exclusive lock on a file (made if missing), so that two processes cannot share a folder.
  /// Errors: refused (somebody else holds it), not_found, io, no_space.
  [[nodiscard]] virtual result<std::unique_ptr<file_lock>> lock(const std::string& path) = 0;
};

/// The operating system's file system. Lives as long as the process.
[[nodiscard]] file_system& system_file_system();

/// Reads a whole file of at most `limit_bytes`. Errors: not_found, too_large, io.
[[nodiscard]] result<bytes> read_file(file_system& files, const std::string& path, std::uint64_t limit_bytes);
/// Replaces a small file atomically and durably: temporary file, sync, rename, sync of the folder.
[[nodiscard]] result<> replace_file(file_system& files, const std::string& path, bytes_view content);

}  // namespace marquee
