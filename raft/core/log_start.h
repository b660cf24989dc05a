#pragma once

#include "base/bytes.h"
#include "base/result.h"
#include "base/types.h"

namespace marquee::raft {

/// Where a group's log begins since retention raised it: the head of a `log_start` entry (DESIGN D6). The
/// offset is what clients see; the index says what of the log may be dropped, for entries without records
/// share their offset with what follows them.
struct log_start_mark {
  /// First client record that may be read.
  record_offset offset;
  /// First entry that is still wanted; all records before it are below `offset`.
  log_index index{1};

  bool operator==(const log_start_mark&) const = default;
};

constexpr std::size_t log_start_mark_bytes = 16;

/// Offset and index, i64 each, big-endian.
[[nodiscard]] bytes encode_log_start(const log_start_mark& mark);
/// Errors: corrupt.
[[nodiscard]] result<log_start_mark> decode_log_start(bytes_view data);

}  // namespace marquee::raft
