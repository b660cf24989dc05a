#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/file_system.h"
#include "base/result.h"
#include "base/types.h"
#include "raft/core/entry.h"
#include "raft/storage/wal_record.h"

namespace marquee::raft {

/// Something that is not as it should be in a data directory.
struct log_finding {
  enum class weight : std::uint8_t {
    note,    ///< worth knowing; a start settles it or leaves it alone
    damage,  ///< data cannot be read
  };
  weight how = weight::damage;
  std::string file;
  /// Nothing where it concerns the whole file.
  std::optional<std::uint64_t> position;
  /// Of nobody: the group is not known.
  std::optional<group_id> group;
  std::string what;
};

/// What was looked at.
struct log_check_summary {
  std::uint64_t wal_files = 0;
  std::uint64_t wal_records = 0;
  std::uint64_t groups = 0;
  std::uint64_t segments = 0;
  std::uint64_t entries = 0;
  std::uint64_t damages = 0;
};

/// Which part of a data directory is wanted.
struct log_selection {
  std::optional<group_id> group;
  /// Entries before this one are left out.
  log_index from;
};

/// Keeps the data directory from being used while it is looked at. Errors: refused (a broker runs on it),
/// not_found, io.
[[nodiscard]] result<std::unique_ptr<file_lock>> lock_data_dir(file_system& files,
                                                               const std::string& data_dir);

/// Checks magics, versions, checksums, continuity and state blocks of the write-ahead log and all segments,
/// and the one against the other. Changes nothing; reads one file of the write-ahead log or a megabyte of a
/// segment at a time. Whatever the files hold, it only reports. Errors: io, not_found (no write-ahead log
/// there).
[[nodiscard]] result<log_check_summary> check_log(file_system& files, const std::string& data_dir,
                                                  const log_selection& wanted,
                                                  const std::function<void(const log_finding&)>& report);

/// One thing on the disk, for people.
struct log_item {
  std::string file;
  std::uint64_t position = 0;
  /// A record of the write-ahead log, or nothing for an entry of a segment.
  std::optional<wal_record_header> record;
  /// Of an append record or a segment.
  std::optional<entry> content;
  std::optional<group_id> group;
  /// In words: what else it says, or what is wrong with it.
  std::string text;
};

/// Gives everything in the order in which it was written: the files of the write-ahead log, then each group's
/// segments. Goes on behind what cannot be read where the format allows. Errors: as above.
[[nodiscard]] result<> list_log(file_system& files, const std::string& data_dir, const log_selection& wanted,
                                const std::function<void(const log_item&)>& show);

}  // namespace marquee::raft
