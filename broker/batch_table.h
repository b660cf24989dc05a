#pragma once

#include <cstdint>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "kafka/api/produce.h"

namespace marquee::broker {

/// What a data entry holds besides its record batches.
enum class entry_content : std::uint8_t {
  records = 0,           ///< what clients produced
  position_commands = 1  ///< commands to the position table, one per record (DESIGN D12)
};

/// What a replica must know of one record batch to apply it, so that it need not parse the payload.
struct batch_item {
  std::uint32_t length = 0;  ///< bytes of the batch in the payload
  std::int32_t record_count = 0;
  std::int64_t max_timestamp_ms = -1;
  /// Of the sequenced producer behind `runs`, else of the Kafka idempotent producer, else -1.
  std::int64_t producer_id = -1;
  /// Kafka idempotent producers only; -1 otherwise.
  std::int16_t producer_epoch = -1;
  std::int32_t base_sequence = -1;
  /// Sequenced producers only, in the order of the batch's records; their counts add up to `record_count`.
  std::vector<kafka::sequence_run> runs{};

  bool operator==(const batch_item&) const = default;
  [[nodiscard]] bool is_sequenced() const { return !runs.empty(); }
  [[nodiscard]] bool is_idempotent() const { return runs.empty() && producer_id >= 0 && producer_epoch >= 0; }
};

/// The head of a data entry: a table of contents of its payload (DESIGN D2).
struct batch_table {
  entry_content content = entry_content::records;
  std::vector<batch_item> batches;

  bool operator==(const batch_table&) const = default;
  [[nodiscard]] std::int64_t record_count() const;
};

/// Format version first, so that a newer one is told from damage.
[[nodiscard]] bytes encode_batch_table(const batch_table& table);
/// Errors: corrupt, unsupported.
[[nodiscard]] result<batch_table> decode_batch_table(bytes_view head);

}  // namespace marquee::broker
