#pragma once

#include <cstdint>
#include <string>

#include "base/bytes.h"
#include "base/result.h"
#include "base/types.h"
#include "raft/core/configuration.h"
#include "raft/core/entry.h"

namespace marquee::raft {

/// The beginning of a segment: everything about the partition as of the entry before `base_index`, so that
/// what came before may be dropped (DESIGN D6). Big-endian:
///
///   offset  size  field
///        0     4  magic "MSEG"
///        4     2  format version (1)
///        6     2  zero
///        8     4  size of this header, a multiple of 8
///       12     4  checksum of bytes 0-11
///       16    20  group: topic id, partition
///       36     8  base index
///       44     8  term of the entry before
///       52     8  base offset
///       60     8  append time of the entry before, ms
///       68     8  log start offset
///       76     4  rolling checksum of all entries before
///       80     4  length n of the configuration, then n bytes
///              4  length m of the application state, then m bytes, zeros
///    last 4       checksum of everything from byte 16 on
///
/// Entries follow, as `entry_codec` encodes them, without gaps.
struct segment_header {
  group_id group;
  log_index base_index{1};
  term_number base_term;
  record_offset base_offset;
  std::int64_t base_time_ms = 0;
  record_offset log_start;
  std::uint32_t rolling_checksum = 0;
  configuration members;
  shared_bytes application_state;
};

constexpr std::size_t segment_preamble_bytes = 16;
constexpr std::uint16_t segment_format_version = 1;
/// A state block that is larger cannot be right.
constexpr std::size_t largest_segment_header_bytes = std::size_t{256} << 20;

[[nodiscard]] bytes encode_segment_header(const segment_header& header);
/// Size of the whole header, from its first `segment_preamble_bytes`. Errors: corrupt, unsupported.
[[nodiscard]] result<std::size_t> segment_header_size(bytes_view preamble);
/// Errors: corrupt, unsupported.
[[nodiscard]] result<segment_header> decode_segment_header(const shared_bytes& data);

/// Goes on from the rolling checksum of the entries before this one.
[[nodiscard]] std::uint32_t roll_checksum(std::uint32_t previous, const entry& e);

/// data_dir/data/<topic id>/<partition>
[[nodiscard]] std::string group_folder(const std::string& data_dir, const group_id& group);
/// <base index, 20 digits>.segment and .index in it
[[nodiscard]] std::string segment_path(const std::string& folder, log_index base_index);
[[nodiscard]] std::string segment_index_path(const std::string& folder, log_index base_index);

}  // namespace marquee::raft
