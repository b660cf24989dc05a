#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/file_system.h"
#include "base/result.h"
#include "raft/storage/segment_format.h"
#include "raft/storage/wal_scan.h"

namespace marquee::raft {

/// A group's folder that is there.
struct found_group {
  group_id group;
  std::string folder;
};

/// Numbers of the files of the write-ahead log, ascending. Errors: not_found, io.
[[nodiscard]] result<std::vector<std::uint32_t>> wal_file_numbers(file_system& files,
                                                                  const std::string& data_dir);
/// Every data/<topic id>/<partition>; folders of other names are left out. Errors: io.
[[nodiscard]] result<std::vector<found_group>> group_folders(file_system& files, const std::string& data_dir);
/// The header of a segment, read without opening the file for writing. Errors: corrupt, unsupported, io.
struct opened_segment {
  std::unique_ptr<file> handle;
  segment_header header;
  std::uint64_t header_bytes = 0;
  std::uint64_t file_bytes = 0;
};
[[nodiscard]] result<opened_segment> open_segment_to_read(file_system& files, const std::string& path);

}  // namespace marquee::raft
