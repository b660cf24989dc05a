#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/bytes.h"
#include "base/result.h"

/// RecordBatch of format 2 ("magic 2"), kafka-protocol.md section 3. Its bytes are stored as they came; only
/// base offset and leader epoch, which the CRC leaves out, are always written by the broker.
namespace marquee::kafka {

/// Positions within a batch.
namespace batch_layout {
inline constexpr std::size_t base_offset = 0, batch_length = 8, leader_epoch = 12, magic = 16, crc = 17,
                             attributes = 21, last_offset_delta = 23, base_timestamp = 27, max_timestamp = 35,
                             producer_id = 43, producer_epoch = 51, base_sequence = 53, record_count = 57,
                             records = 61;
/// What `batch_length` does not count: itself and the base offset.
inline constexpr std::size_t length_prefix = 12;
inline constexpr std::size_t header_size = records;
}  // namespace batch_layout

enum class compression : std::uint8_t { none = 0, gzip = 1, snappy = 2, lz4 = 3, zstd = 4 };

/// The fields of a batch's header, as they stand there: reading checks nothing.
struct batch_header {
  std::int64_t base_offset = 0;
  std::int32_t batch_length = 0;
  std::int32_t partition_leader_epoch = -1;
  std::int8_t magic = 2;
  std::uint32_t crc = 0;
  std::int16_t attributes = 0;
  std::int32_t last_offset_delta = 0;
  std::int64_t base_timestamp = 0;
  std::int64_t max_timestamp = 0;
  std::int64_t producer_id = -1;
  std::int16_t producer_epoch = -1;
  std::int32_t base_sequence = -1;
  std::int32_t record_count = 0;

  /// 0 to 7; `compression` names 0 to 4.
  [[nodiscard]] int codec_id() const { return attributes & 0x07; }
  [[nodiscard]] bool has_append_time() const { return (attributes & 0x08) != 0; }
  [[nodiscard]] bool is_transactional() const { return (attributes & 0x10) != 0; }
  [[nodiscard]] bool is_control() const { return (attributes & 0x20) != 0; }
  [[nodiscard]] std::int64_t last_offset() const { return base_offset + last_offset_delta; }
  /// Bytes of the whole batch. Meaningless while `batch_length` is not known to be right.
  [[nodiscard]] std::size_t total_size() const {
    return batch_layout::length_prefix + static_cast<std::size_t>(batch_length);
  }
};

/// Errors: corrupt when there are fewer bytes than a header has.
[[nodiscard]] result<batch_header> read_batch_header(bytes_view batch);

/// CRC-32C over everything from the attributes on, of exactly one batch of at least header size.
[[nodiscard]] std::uint32_t compute_batch_crc(bytes_view batch);

/// Writes the two fields that lie outside the CRC. The caller alone may hold these bytes, or the part of the
/// buffer they are in.
void set_offset_and_epoch(std::span<std::uint8_t> batch, std::int64_t base_offset, std::int32_t leader_epoch);

/// Makes it a batch of append time: bit 3, every record counts as of `append_time_ms`, new CRC.
void set_append_time(std::span<std::uint8_t> batch, std::int64_t append_time_ms);

/// Corrects the largest timestamp, which steers ListOffsets, and the CRC.
void set_max_timestamp(std::span<std::uint8_t> batch, std::int64_t max_timestamp_ms);

}  // namespace marquee::kafka
