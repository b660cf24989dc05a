#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/file_system.h"
#include "base/result.h"
#include "raft/storage/wal_file.h"
#include "raft/storage/wal_record.h"

namespace marquee::raft {

struct scanned_record {
  wal_record_header header;
  /// False: the payload does not match its checksum.
  bool payload_intact = true;
  /// False: of the header only position, sequence number and span are known, from its neighbours.
  bool header_intact = true;
};

/// What one file of the write-ahead log holds, before anything is believed.
struct scanned_wal_file {
  std::uint32_t number = 0;
  std::string path;
  std::uint64_t size = 0;
  /// Nothing when no copy of the file's header is intact.
  std::optional<wal_file_header> header;
  /// From the file's first record on, without a gap. A single record that cannot be read between two sound
  /// ones is there too.
  std::vector<scanned_record> records;
  /// Where the first thing lies that is not the next record.
  std::uint64_t end_position = 0;
  /// Of all sound records in the file, also those behind a gap: what they say was durable, and the highest
  /// generation.
  std::uint64_t durable_lsn = 0;
  std::uint64_t highest_generation = 0;
};

/// Reads a whole file (at most a file's size of memory, given back on return). Errors: io, unsupported.
[[nodiscard]] result<scanned_wal_file> scan_wal_file(file_system& files, std::string path,
                                                     std::uint32_t number);
/// The whole content.
[[nodiscard]] result<bytes> read_wal_file(file_system& files, const std::string& path);

}  // namespace marquee::raft
