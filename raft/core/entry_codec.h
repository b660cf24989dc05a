#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/result.h"
#include "raft/core/entry.h"

namespace marquee::raft {

/// The bytes of an entry, the same in the write-ahead log, in segments and between brokers. Big-endian:
///
///   offset  size  field
///        0     2  magic 0x4d45 ("ME")
///        2     1  format version (1)
///        3     1  type
///        4     4  checksum of the fixed header: bytes 0-3 and 8-63
///        8     4  head length
///       12     4  payload length
///       16     8  term
///       24     8  index
///       32     8  base offset
///       40     8  append time in ms
///       48     4  record count
///       52     4  entry checksum: bytes 0-3 and 8-51, head, payload
///       56     8  zero (reserved)
///       64        head, payload
///
/// The header has a checksum of its own, so that lengths are trusted only after they were checked.
constexpr std::size_t entry_header_bytes = 64;
constexpr std::uint8_t entry_format_version = 1;
/// No encoded entry is larger; a length beyond it is damage.
constexpr std::size_t largest_entry_bytes = std::size_t{64} << 20;

using entry_header = std::array<std::uint8_t, entry_header_bytes>;

/// Computes the entry's checksum and stores it. Called once, by the leader that proposes it.
void seal_entry(entry& e);
/// True if the checksum matches the content.
[[nodiscard]] bool verify_entry(const entry& e);

/// The fixed header of a sealed entry; head and payload follow it.
[[nodiscard]] entry_header encode_entry_header(const entry& e);
/// Appends the whole entry as a list of windows (gather write): header, head, payload parts. `header_storage`
/// must outlive their use.
void append_entry_parts(const entry& e, const entry_header& header_storage, std::vector<bytes_view>& parts);

struct decoded_header {
  entry e;  ///< without head and payload
  std::uint32_t head_bytes = 0;
  std::uint32_t payload_bytes = 0;
  [[nodiscard]] std::size_t total_bytes() const { return entry_header_bytes + head_bytes + payload_bytes; }
};
/// Reads the fixed header. Errors: corrupt (magic, checksum, lengths, type), unsupported (newer format
/// version; the message says which version this release reads).
[[nodiscard]] result<decoded_header> decode_entry_header(bytes_view data);
/// Reads one whole entry at the front of `data`; its head and payload are windows on `data`. Checks both
/// checksums. Errors: as above, and corrupt when `data` is too short.
[[nodiscard]] result<entry> decode_entry(const shared_bytes& data);

}  // namespace marquee::raft
