#pragma once

#include <string>
#include <vector>

#include "base/file_system.h"
#include "base/result.h"
#include "raft/storage/logged_group_table.h"
#include "raft/storage/segment.h"

namespace marquee::raft {

/// Base indexes of all segments in the folder, ascending; of none if there is no folder. Errors: io.
[[nodiscard]] result<std::vector<log_index>> segment_bases(file_system& files, const std::string& folder);
/// Opens the segments that the write-ahead log says a group has: the one of entry `log_start` and those after
/// it. Removes those that end before it, which a crash kept retention from removing, and what only a crash
/// can have left: segments that begin after the active one or within another one, an index beside the active
/// one or without its segment, temporary files; but only once everything else was found sound. Errors:
/// corrupt (the text names the file), unsupported, io, not_found.
[[nodiscard]] result<std::vector<std::shared_ptr<segment>>> open_group_segments(
    file_system& files, const std::string& folder, const group_id& group, const segment_position& expected,
    log_index log_start);
/// Reads the entry a pointer record names. Errors: corrupt, io, not_found.
[[nodiscard]] result<entry> read_pointed_entry(file_system& files, const std::string& folder,
                                               const entry_pointer& pointer);
/// Removes the group's files and its folder. Errors: io.
[[nodiscard]] result<> remove_group_files(file_system& files, const std::string& folder);
/// Groups whose folders are there although the write-ahead log does not know them: reported, never touched
/// (DESIGN D7).
[[nodiscard]] std::vector<std::string> unknown_group_folders(file_system& files, const std::string& data_dir,
                                                             const logged_group_table& groups);

}  // namespace marquee::raft
