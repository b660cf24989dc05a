#include "kafka/record_batch.h"

#include "base/assert.h"
#include "base/byte_codec.h"
#include "base/crc32c.h"

namespace marquee::kafka {

namespace {

template <std::integral T>
void write_at(std::span<std::uint8_t> batch, std::size_t position, T value) {
  MARQUEE_ASSERT(position + sizeof(T) <= batch.size(), "a batch is shorter than its header");
  for (std::size_t i = 0; i < sizeof(T); ++i)
    batch[position + i] =
        static_cast<std::uint8_t>(static_cast<std::uint64_t>(value) >> ((sizeof(T) - 1 - i) * 8));
}

}  // namespace

result<batch_header> read_batch_header(bytes_view batch) {
  byte_reader in(batch);
  batch_header header;
  header.base_offset = in.get<std::int64_t>();
  header.batch_length = in.get<std::int32_t>();
  header.partition_leader_epoch = in.get<std::int32_t>();
  header.magic = in.get<std::int8_t>();
  header.crc = in.get<std::uint32_t>();
  header.attributes = in.get<std::int16_t>();
  header.last_offset_delta = in.get<std::int32_t>();
  header.base_timestamp = in.get<std::int64_t>();
  header.max_timestamp = in.get<std::int64_t>();
  header.producer_id = in.get<std::int64_t>();
  header.producer_epoch = in.get<std::int16_t>();
  header.base_sequence = in.get<std::int32_t>();
  header.record_count = in.get<std::int32_t>();
  if (in.failed()) return fail(error_code::corrupt, "a record batch is shorter than its header of 61 bytes");
  return header;
}

std::uint32_t compute_batch_crc(bytes_view batch) {
  MARQUEE_ASSERT(batch.size() >= batch_layout::header_size, "a batch is shorter than its header");
  return crc32c(batch.subspan(batch_layout::attributes));
}

void set_offset_and_epoch(std::span<std::uint8_t> batch, std::int64_t base_offset,
                          std::int32_t leader_epoch) {
  write_at(batch, batch_layout::base_offset, base_offset);
  write_at(batch, batch_layout::leader_epoch, leader_epoch);
}

void set_append_time(std::span<std::uint8_t> batch, std::int64_t append_time_ms) {
  // The type is in the low byte of the attributes.
  write_at(batch, batch_layout::attributes + 1,
           static_cast<std::uint8_t>(batch[batch_layout::attributes + 1] | 0x08));
  set_max_timestamp(batch, append_time_ms);
}

void set_max_timestamp(std::span<std::uint8_t> batch, std::int64_t max_timestamp_ms) {
  write_at(batch, batch_layout::max_timestamp, max_timestamp_ms);
  write_at(batch, batch_layout::crc, compute_batch_crc(batch));
}

}  // namespace marquee::kafka
