#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/file_system.h"
#include "base/result.h"
#include "raft/storage/logged_group_table.h"
#include "raft/storage/wal_payload.h"

namespace marquee::raft {

/// What replaying the write-ahead log gave.
struct recovered_wal {
  logged_group_table groups;
  /// Where to go on.
  std::uint64_t last_lsn = 0;
  std::uint64_t last_generation = 0;
  /// The last record is the mark of a clean stop.
  bool clean_stop = false;
  /// Nothing was ever written here.
  bool is_new = false;
  /// All files, and those among them that hold what was replayed.
  std::vector<std::uint32_t> files;
  std::vector<std::uint32_t> live_files;
  /// Bytes after the last record that were half written when the process or machine stopped.
  bool torn_tail = false;
  std::string torn_tail_place;
};

/// Finds the newest complete checkpoint and replays what follows it, in order.
///
/// Telling a torn tail from damage in the middle (raft-pitfalls 28 to 30): each record says up to where
/// everything was durable when it was written. If replay ends before the highest such mark, something is
/// missing that had been acknowledged: corrupt, naming file and position. A record below that mark with a
/// sound header and a damaged payload costs its group only. Everything else at the end is a torn tail: it is
/// left out, and since each start goes on in a file of a new generation, it can never come back.
///
/// Changes nothing on disk. Errors: corrupt, unsupported, io.
[[nodiscard]] result<recovered_wal> recover_wal(file_system& files, const std::string& data_dir,
                                                const logged_group_table::read_pointer& read);

}  // namespace marquee::raft
