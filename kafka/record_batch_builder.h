#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "kafka/compression.h"
#include "kafka/record_batch.h"

namespace marquee::kafka {

/// A record to be written. Views need to live only during `add`.
struct record_input {
  std::int64_t timestamp_ms = 0;
  std::optional<bytes_view> key;
  std::optional<bytes_view> value;  ///< null: a tombstone
  std::vector<std::pair<std::string, std::optional<bytes_view>>> headers;
};

/// Makes one batch of records, in the order of `add`. Belongs to one thread; used once.
class record_batch_builder {
 public:
  record_batch_builder();

  void add(const record_input& record);
  [[nodiscard]] std::int32_t record_count() const { return count_; }
  /// Bytes of the batch as it stands now, not compressed.
  [[nodiscard]] std::size_t size() const { return data_.size(); }

  /// Identity of a Kafka idempotent producer; without it the batch carries none.
  void set_producer(std::int64_t producer_id, std::int16_t epoch, std::int32_t base_sequence);
  /// Without it the records are not compressed.
  void set_compression(compression codec, snappy_framing framing = snappy_framing::raw);
  /// The finished bytes, with base offset 0 and leader epoch -1. At least one record must have been added.
  [[nodiscard]] bytes finish();

 private:
  bytes data_;
  std::int32_t count_ = 0;
  std::int64_t base_timestamp_ = 0;
  std::int64_t max_timestamp_ = 0;
  std::int64_t producer_id_ = -1;
  std::int16_t producer_epoch_ = -1;
  std::int32_t base_sequence_ = -1;
  compression codec_ = compression::none;
  snappy_framing framing_ = snappy_framing::raw;
};

}  // namespace marquee::kafka
