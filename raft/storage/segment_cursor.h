#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/bytes.h"
#include "base/file_system.h"
#include "base/result.h"
#include "raft/core/entry_codec.h"

namespace marquee::raft {

/// Walks over the entries of a segment, reading large pieces. What it takes are windows on those pieces.
/// Lengths are used only after the header's checksum was verified (raft-pitfalls 39).
class segment_cursor {
 public:
  /// From `position`, where an entry begins, to `end`. `source` must outlive the cursor.
  segment_cursor(const file& source, std::uint64_t position, std::uint64_t end, std::size_t piece_bytes);

  /// The header of the entry at the cursor; nothing at the end. Errors: corrupt, unsupported, io.
  [[nodiscard]] result<std::optional<decoded_header>> peek();
  /// The entry whose header `peek` gave, whole and verified; the cursor goes on.
  [[nodiscard]] result<entry> take();
  /// Goes on without reading it.
  void skip();
  [[nodiscard]] std::uint64_t position() const { return position_; }

 private:
  /// Makes `size` bytes from the cursor on available.
  [[nodiscard]] result<> need(std::size_t size);

  const file& source_;
  std::uint64_t position_;
  std::uint64_t end_;
  std::size_t piece_bytes_;
  shared_bytes piece_;
  std::uint64_t piece_position_ = 0;
  std::size_t current_bytes_ = 0;
};

}  // namespace marquee::raft
