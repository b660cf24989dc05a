#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/bytes.h"
#include "base/file_system.h"
#include "base/result.h"

namespace marquee::raft {

/// The beginning of a file of the write-ahead log. It is there twice, in different sectors, so that one bad
/// sector does not hide a whole file. Big-endian:
///
///   offset  size  field
///        0     4  magic "MWLF"
///        4     2  format version (1)
///        6     1  1: the file begins with a checkpoint
///        7     1  zero
///        8     8  generation: one more with each file that is begun
///       16     8  sequence number of the first record
///       24     8  size of the file
///       32     8  durable mark: every record up to this one was synced when the file was begun
///       40     4  checksum of bytes 0-39
///     2048        the same again
///     4096        records
struct wal_file_header {
  std::uint64_t generation = 0;
  std::uint64_t first_lsn = 0;
  bool begins_checkpoint = false;
  std::uint64_t file_bytes = 0;
  std::uint64_t durable_lsn = 0;
};

constexpr std::uint64_t wal_first_record = 4096;
constexpr std::uint16_t wal_file_format_version = 1;

/// The whole first block.
[[nodiscard]] bytes encode_wal_file_header(const wal_file_header& header);
/// Reads either copy; of two different ones (a reused file, cut off by a crash) the newer. Errors: corrupt
/// (no copy is intact), unsupported.
[[nodiscard]] result<wal_file_header> decode_wal_file_header(bytes_view block);

/// A file of the log that nobody needs yet or any more. Zero-filled once, then reused (DESIGN D5).
struct wal_slot {
  std::uint32_t number = 0;
  std::string path;
  std::unique_ptr<file> handle;
  /// Of one that is full: what it was begun as, and where its records end.
  std::uint64_t generation = 0;
  std::uint64_t used_bytes = 0;
};

[[nodiscard]] std::string wal_folder(const std::string& data_dir);
[[nodiscard]] std::string wal_path(const std::string& data_dir, std::uint32_t number);
/// Makes the file, fills it with zeros, syncs it and its folder. What is left of it after a failure is
/// removed. Errors: no_space, io, already_exists.
[[nodiscard]] result<wal_slot> create_wal_slot(file_system& files, const std::string& data_dir,
                                               std::uint32_t number, std::uint64_t file_bytes);

}  // namespace marquee::raft
