#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "base/file_system.h"

namespace marquee {

/// What goes wrong at a chosen operation.
enum class disk_fault : std::uint8_t {
  io_error,     ///< the operation fails and leaves nothing behind; a failed sync loses what it should have
                ///< synced, and a later one claims success (as Linux does)
  no_space,     ///< the disk is full
  short_write,  ///< the first half of a write is done, then it fails with no_space
  crash,        ///< the machine loses power during the operation; everything fails until `crash` is called
};

/// A disk in memory that can lose power, run full, fail and lie: the faulty twin of the operating system's
/// file system. It knows what was synced and what was not. Equal seeds and operations give equal results.
///
/// After `crash` each 512-byte sector that was written but not synced is there or is not, and so is each
/// creation, renaming and removal whose folder was not synced; files and locks opened before it are dead.
/// Thread-safe, but deterministic only from one thread.
class simulated_file_system final : public file_system {
 public:
  simulated_file_system();
  ~simulated_file_system() override;

  [[nodiscard]] result<std::unique_ptr<file>> open(const std::string& path, open_mode mode) override;
  [[nodiscard]] result<bool> exists(const std::string& path) const override;
  [[nodiscard]] result<> rename(const std::string& from, const std::string& to) override;
  [[nodiscard]] result<> remove_file(const std::string& path) override;
  [[nodiscard]] result<> create_directories(const std::string& path) override;
  [[nodiscard]] result<> remove_directory(const std::string& path) override;
  [[nodiscard]] result<std::vector<std::string>> list(const std::string& path) const override;
  [[nodiscard]] result<> sync_directory(const std::string& path) override;
  [[nodiscard]] result<std::uint64_t> free_bytes(const std::string& path) const override;
  [[nodiscard]] result<std::unique_ptr<file_lock>> lock(const std::string& path) override;

  /// Operations that change the disk so far: writes, syncs, truncations, creations, renames, removals.
  [[nodiscard]] std::uint64_t operations() const;
  /// The operation with this number (the next one is `operations() + 1`) goes wrong.
  void fail_at(std::uint64_t operation, disk_fault kind);
  /// Operation of this kind on a path that contains `path_part` goes wrong, from now on, every time.
  void fail_writes_to(std::string path_part, disk_fault kind);
  /// True once a planned crash has happened.
  [[nodiscard]] bool crashed() const;
  /// Power loss: see above. The disk works again afterwards, without planned faults.
  void crash(std::uint64_t seed);
  /// The process dies and the machine stays up: what was written is there.
  void kill_process();
  /// A planted bug: syncs succeed and do nothing.
  void let_syncs_lie(bool lie);
  void set_capacity(std::uint64_t bytes);

  /// For tests that damage files. The path must exist.
  [[nodiscard]] bytes content(const std::string& path) const;
  void set_content(const std::string& path, bytes content);
  void flip_bit(const std::string& path, std::uint64_t position, int bit);
  /// Every file, by path.
  [[nodiscard]] std::vector<std::string> paths() const;
  /// What is on the disk now, as another disk.
  [[nodiscard]] std::unique_ptr<simulated_file_system> copy() const;

 private:
  friend class simulated_file;
  friend class simulated_lock;
  struct inode;
  /// Names that change together: an empty pointer means removed.
  struct pending_names {
    std::string folder;
    std::vector<std::pair<std::string, std::shared_ptr<inode>>> names;
  };

  /// Counts an operation; an error if it is to fail. `torn` is set when half of a write is still to be done.
  [[nodiscard]] result<> begin_operation(const std::string& path, bool* torn);
  [[nodiscard]] std::uint64_t used_bytes() const;
  void set_names(const std::string& folder,
                 std::vector<std::pair<std::string, std::shared_ptr<inode>>> names);
  [[nodiscard]] bool folder_exists(const std::string& path) const;

  mutable std::mutex mutex_;
  std::map<std::string, std::shared_ptr<inode>> names_;
  std::map<std::string, std::shared_ptr<inode>> durable_names_;
  std::vector<pending_names> pending_;
  std::set<std::string> folders_;
  std::set<std::string> locked_;
  /// Grows with each crash; what was opened under an older number is dead.
  std::uint64_t life_ = 1;
  std::uint64_t operations_ = 0;
  std::map<std::uint64_t, disk_fault> planned_;
  std::vector<std::pair<std::string, disk_fault>> failing_paths_;
  std::uint64_t capacity_ = std::uint64_t{1} << 40;
  bool crashed_ = false;
  bool syncs_lie_ = false;
};

}  // namespace marquee
