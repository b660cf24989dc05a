#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/file_system.h"
#include "base/result.h"
#include "raft/storage/quarantine.h"
#include "raft/storage/segment.h"
#include "raft/storage/wal_payload.h"

namespace marquee::raft {

/// What is left of a group's segments once everything from the first damage on is cut off.
struct repaired_group {
  std::vector<std::shared_ptr<segment>> segments;
  /// What was found where, and what became of it. Empty: nothing that still counts is damaged.
  std::string text;
};

/// Reads all segments of a group in which damage was found, cuts the log off before the first thing that is
/// not sound and moves the files that held it to the quarantine. What is left is a log as it once was; the
/// group is then in doubt until a leader has sent the rest (DESIGN D4). Safe to repeat after a crash at any
/// point: the write-ahead log still says how much there should be.
///
/// Errors, with nothing changed: corrupt (not even the beginning of the log, `facts.log_start`, is left, and
/// it does not begin with entry 1), unsupported, io. no_space, io: nothing but damaged files was moved.
[[nodiscard]] result<repaired_group> cut_off_damage(file_system& files, quarantine& kept,
                                                    const std::string& folder, const group_id& group,
                                                    const group_facts& facts);

}  // namespace marquee::raft
