#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "base/bytes.h"
#include "kafka/byte_chain.h"
#include "kafka/record_cursor.h"

namespace marquee::read_manager {

/// A record that was fetched and not delivered yet, or was just delivered. Its views point into `data`, which
/// keeps the fetched bytes alive.
struct buffered_record {
  std::int64_t offset = 0;
  std::int64_t timestamp_ms = 0;
  std::optional<bytes_view> key;
  std::optional<bytes_view> value;  ///< null: a tombstone
  std::vector<kafka::record_header_view> headers;
  shared_bytes data;

  /// Bytes of key, value and headers.
  [[nodiscard]] std::size_t payload_size() const;
  /// What it costs in memory.
  [[nodiscard]] std::size_t size() const { return sizeof(buffered_record) + payload_size(); }
};

/// The same record in bytes of its own, for keeping without the rest of what was fetched with it.
[[nodiscard]] buffered_record copy_of(const buffered_record& record);

/// What one consumer has read ahead of one partition: records from its reading position on, without gaps
/// unless the log has some. A pure state machine, used on one thread.
class partition_buffer {
 public:
  explicit partition_buffer(std::int64_t position) : position_(position), fetch_offset_(position) {}

  /// Next offset to deliver.
  [[nodiscard]] std::int64_t position() const { return position_; }
  /// Next offset to ask the broker for.
  [[nodiscard]] std::int64_t fetch_offset() const { return fetch_offset_; }
  [[nodiscard]] std::size_t bytes() const { return bytes_; }
  /// Fetched bytes that are kept alive, which one record that is left of many does as well.
  [[nodiscard]] std::size_t held_bytes() const { return records_.empty() ? 0 : held_bytes_; }
  [[nodiscard]] std::size_t count() const { return records_.size(); }
  [[nodiscard]] bool empty() const { return records_.empty(); }
  /// Empty until a fetch was answered.
  [[nodiscard]] std::optional<std::int64_t> high_watermark() const { return high_watermark_; }
  [[nodiscard]] std::optional<std::int64_t> log_start() const { return log_start_; }
  /// The last answer promised records that are not here yet.
  [[nodiscard]] bool more_known() const { return !high_watermark_ || fetch_offset_ < *high_watermark_; }

  /// The answer to a fetch at `asked_offset`. Records below what was asked are skipped, those from the high
  /// watermark on are never taken. An answer to a question that is not the current one any more changes
  /// nothing. False if the bytes are not record batches.
  bool append(std::int64_t asked_offset, const kafka::byte_chain& records, std::int64_t high_watermark,
              std::int64_t log_start);
  /// Reading goes on at `offset`: everything that was read ahead is dropped.
  void seek(std::int64_t offset);
  /// Frees memory; the records will be fetched again.
  void drop_read_ahead() { seek(position_); }

  /// The next record. The buffer must not be empty.
  [[nodiscard]] const buffered_record& front() const { return records_.front(); }
  [[nodiscard]] buffered_record take();
  /// Undoes the latest `take`: the record is the next one again.
  void put_back(buffered_record record);

 private:
  bool append_batch(const shared_bytes& batch);

  std::deque<buffered_record> records_;
  std::size_t bytes_ = 0;
  std::size_t held_bytes_ = 0;
  std::int64_t position_;
  std::int64_t fetch_offset_;
  std::optional<std::int64_t> high_watermark_;
  std::optional<std::int64_t> log_start_;
};

}  // namespace marquee::read_manager
