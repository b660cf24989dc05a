#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/bytes.h"
#include "base/types.h"

namespace marquee::raft {

enum class entry_type : std::uint8_t {
  no_op = 1,          ///< starts a leader's term (Raft paper 8)
  configuration = 2,  ///< head holds an encoded `configuration`
  data = 3,           ///< head holds the batch table, payload the record batches
  marker = 4,         ///< routing epoch of a growing topic (DESIGN D11)
  log_start = 5,      ///< head holds an encoded `log_start_mark`: retention dropped what is before (D6)
};

/// One entry of a group's log (DESIGN D2). Consensus looks at term, index and type only; `head` and `payload`
/// are the business of whoever proposed it. Copying shares the bytes. Immutable once it has been sealed.
struct entry {
  term_number term;
  log_index index;
  entry_type type = entry_type::no_op;
  /// Offset of the first client record in this entry; for entries without records the offset that the next
  /// one gets.
  record_offset base_offset;
  /// Client records in this entry. Only `data` entries have any: internal entries never use offsets.
  std::int32_t record_count = 0;
  /// max(previous entry's, leader's clock) (DESIGN D14).
  std::int64_t append_time_ms = 0;
  shared_bytes head;
  /// Windows that follow each other; on the leader as they were received, elsewhere a single one.
  std::vector<shared_bytes> payload;
  /// CRC-32C over everything above, as encoded by `entry_codec`.
  std::uint32_t checksum = 0;

  [[nodiscard]] std::size_t payload_bytes() const;
  /// As encoded, header included.
  [[nodiscard]] std::size_t encoded_bytes() const;
  [[nodiscard]] record_offset next_offset() const { return base_offset + record_count; }
};

/// What a caller asks the leader to append; term and index are given by the node.
struct proposal {
  entry_type type = entry_type::data;
  record_offset base_offset;
  std::int32_t record_count = 0;
  std::int64_t append_time_ms = 0;
  shared_bytes head;
  std::vector<shared_bytes> payload;
};

}  // namespace marquee::raft
