#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

#include "base/result.h"
#include "raft/core/entry.h"
#include "raft/storage/segment.h"
#include "raft/storage/segment_cursor.h"
#include "raft/storage/segment_index.h"

namespace marquee::raft {

/// Reads a segment that is in use again from its file, a piece at a time, and compares it with what is known
/// of it: header, every entry's checksums, that they follow each other, and where they end. What is appended
/// meanwhile lies behind `end`. Used by one thread; changes nothing.
class segment_verifier {
 public:
  /// `end`: what was published when the verification began.
  segment_verifier(group_id group, std::shared_ptr<segment> source, const segment_position& end,
                   std::size_t piece_bytes);

  /// Goes on for about a piece, and says how much was read. Errors: corrupt, io, with the position: it is
  /// over then.
  [[nodiscard]] result<std::uint64_t> step();
  [[nodiscard]] bool is_done() const { return done_; }
  [[nodiscard]] const std::shared_ptr<segment>& shared_source() const { return source_; }

 private:
  [[nodiscard]] result<std::uint64_t> read_header();
  [[nodiscard]] result<> check_end() const;

  const group_id group_;
  const std::shared_ptr<segment> source_;
  const segment_position end_;
  const std::size_t piece_bytes_;
  /// Of what was read so far; nothing before the header was.
  std::optional<segment_index> read_;
  std::optional<segment_cursor> cursor_;
  bool done_ = false;
};

}  // namespace marquee::raft
