#pragma once

#include <cstdint>
#include <vector>

#include "base/byte_codec.h"
#include "base/bytes.h"
#include "base/types.h"
#include "broker/batch_table.h"
#include "raft/core/entry.h"

namespace marquee::broker {

/// Whose time counts for the records of a topic (DESIGN D14).
enum class timestamp_kind : std::uint8_t { create, append };

/// A batch on its way into an entry.
struct incoming_batch {
  /// Exactly one whole batch that was checked.
  shared_bytes data{};
  batch_item item{};
  /// The header's largest timestamp is wrong: it is corrected (together with the CRC) when it is appended.
  bool correct_max_timestamp = false;
};

/// Puts batches together into one data entry. Offset and leader epoch, which lie outside a batch's CRC, are
/// written on the way; a large batch's other bytes are not copied. Used once.
class entry_builder {
 public:
  entry_builder(entry_content content, record_offset base_offset, std::int32_t leader_epoch,
                std::int64_t append_time_ms);

  /// `stamp_ms`: what records get as append time, for `timestamp_kind::append`.
  void add(const incoming_batch& batch, timestamp_kind kind, std::int64_t stamp_ms);
  [[nodiscard]] record_offset next_offset() const { return next_offset_; }
  [[nodiscard]] std::size_t payload_bytes() const { return payload_bytes_; }
  [[nodiscard]] raft::proposal finish();

 private:
  void add_copy(bytes_view data);
  void flush_copies();

  batch_table table_;
  record_offset base_offset_;
  record_offset next_offset_;
  std::int32_t leader_epoch_;
  std::int64_t append_time_ms_;
  std::size_t payload_bytes_ = 0;
  bytes copies_;
  std::vector<shared_bytes> parts_;
};

}  // namespace marquee::broker
