#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "base/bytes.h"
#include "base/file_system.h"
#include "base/result.h"

namespace marquee::raft {

/// A file of the write-ahead log that is full and that a start would still read.
struct closed_wal_file {
  std::uint32_t number = 0;
  std::string path;
  std::uint64_t generation = 0;
  /// Records follow each other up to here.
  std::uint64_t used_bytes = 0;
  bool operator==(const closed_wal_file&) const = default;
};

/// Reads such a file again, a piece at a time: its header, and every record's checksums. What it finds counts
/// only if the file is still closed afterwards: one that was freed meanwhile may be written anew. Used by one
/// thread; changes nothing.
class wal_verifier {
 public:
  /// `files` must outlive it.
  wal_verifier(file_system& files, closed_wal_file which, std::size_t piece_bytes);

  /// Goes on for about a piece, and says how much was read. Errors: corrupt, io, not_found, with the
  /// position: it is over then.
  [[nodiscard]] result<std::uint64_t> step();
  [[nodiscard]] bool is_done() const { return handle_ != nullptr && position_ >= which_.used_bytes; }
  [[nodiscard]] const closed_wal_file& which() const { return which_; }

 private:
  [[nodiscard]] result<std::uint64_t> read_header();
  /// The record at `position_`. Errors: as `step`.
  [[nodiscard]] result<> check_record();
  /// What stands there, read in large pieces. Errors: corrupt (the file is too short), io.
  [[nodiscard]] result<bytes_view> view(std::uint64_t position, std::size_t size);

  file_system& files_;
  const closed_wal_file which_;
  const std::size_t piece_bytes_;
  std::unique_ptr<file> handle_;
  bytes piece_;
  std::uint64_t piece_position_ = 0;
  std::uint64_t position_ = 0;
  std::uint64_t next_lsn_ = 0;
};

}  // namespace marquee::raft
