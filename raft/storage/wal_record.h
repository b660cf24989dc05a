#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "base/types.h"
#include "raft/core/entry.h"

namespace marquee::raft {

/// What a record of the write-ahead log says. Numbers are never given to something else.
enum class wal_record_type : std::uint8_t {
  group_created = 1,      ///< bootstrap configuration and the group's first segment
  append = 2,             ///< one entry, whole
  append_pointer = 3,     ///< one entry whose bytes lie in a segment (read by recovery, not yet written)
  truncate = 4,           ///< entries of the group from an index on are gone
  hard_state = 5,         ///< term and vote
  log_start = 6,          ///< first record offset that may be read
  group_removed = 7,      ///< the group and its files are gone
  commit_mark = 8,        ///< an index that is known to be committed (lazy)
  checkpoint_begin = 9,   ///< all that is live follows; earlier records are no longer needed
  checkpoint_group = 10,  ///< one group: what is safe in segments, hard state, bootstrap configuration
  checkpoint_end = 11,    ///< the checkpoint is complete
  session = 12,           ///< the process started under this kernel boot id
  clean_stop = 13,        ///< everything before is synced and nobody writes after it
  relaxed_mark = 14,      ///< whether the group's writes may be lost with the machine's power, or were
};

/// One record to be written. `front` goes before the entry's parts, which are shared, not copied.
struct wal_record {
  wal_record_type type = wal_record_type::append;
  group_id group;
  bytes front;
  shared_bytes head;
  std::vector<shared_bytes> payload;

  [[nodiscard]] std::size_t payload_bytes() const;
  /// An `append` record.
  [[nodiscard]] static wal_record of_entry(const group_id& group, const entry& e);
};

/// The fixed part of a record. Big-endian:
///
///   offset  size  field
///        0     4  magic "MWAL"
///        4     1  format version (1)
///        5     1  type
///        6     2  zero
///        8     8  generation of the file it was written to
///       16     8  sequence number (LSN), one more than the record before
///       24     8  durable mark: every record up to this one was synced when this one was written
///       32     8  position in the file
///       40    20  group: topic id, partition
///       60     4  payload length
///       64     4  span: distance to the next record
///       68     4  payload checksum
///       72     4  zero
///       76     4  checksum of bytes 0-75
///       80        payload, zeros up to the span
///
/// Generation and position are in it so that neither old bytes of a reused file nor a write that landed
/// elsewhere parse as a record (raft-pitfalls 31, 37).
struct wal_record_header {
  wal_record_type type = wal_record_type::append;
  std::uint64_t generation = 0;
  std::uint64_t lsn = 0;
  std::uint64_t durable_lsn = 0;
  std::uint64_t position = 0;
  group_id group;
  std::uint32_t payload_bytes = 0;
  std::uint32_t span = 0;
  std::uint32_t payload_checksum = 0;
};

constexpr std::size_t wal_record_header_bytes = 80;
constexpr std::uint8_t wal_record_format_version = 1;
/// Records begin at multiples of this.
constexpr std::uint64_t wal_record_alignment = 8;
/// What is written by one flush begins at a multiple of this, so that a sector that was synced is never
/// written again.
constexpr std::uint64_t wal_flush_alignment = 512;

[[nodiscard]] constexpr std::uint64_t align_up(std::uint64_t value, std::uint64_t alignment) {
  return (value + alignment - 1) / alignment * alignment;
}
/// Room that a record needs, without what aligns the end of a flush.
[[nodiscard]] constexpr std::uint64_t wal_record_room(std::size_t payload_bytes) {
  return align_up(wal_record_header_bytes + payload_bytes, wal_record_alignment);
}

using encoded_wal_header = std::array<std::uint8_t, wal_record_header_bytes>;

[[nodiscard]] encoded_wal_header encode_wal_header(const wal_record_header& header);
/// Errors: corrupt (no record, or a damaged header), unsupported (a newer format version).
[[nodiscard]] result<wal_record_header> decode_wal_header(bytes_view data);
[[nodiscard]] std::uint32_t wal_payload_checksum(const wal_record& record);
[[nodiscard]] std::string_view to_string(wal_record_type type);

}  // namespace marquee::raft
