#include "kafka/record_batch_builder.h"

#include <algorithm>

#include "base/assert.h"
#include "base/byte_codec.h"

namespace marquee::kafka {

namespace {

std::size_t varint_size(std::int64_t value) {
  std::uint64_t raw = (static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63);
  std::size_t size = 1;
  for (; raw >= 0x80; raw >>= 7) ++size;
  return size;
}

std::size_t sized(const std::optional<bytes_view>& field) {
  return field ? varint_size(static_cast<std::int64_t>(field->size())) + field->size() : 1;
}

void put_nullable(byte_writer& out, const std::optional<bytes_view>& field) {
  out.put_varint(field ? static_cast<std::int64_t>(field->size()) : -1);
  if (field) out.put_bytes(*field);
}

}  // namespace

record_batch_builder::record_batch_builder() {
  data_.resize(batch_layout::header_size);
}

void record_batch_builder::add(const record_input& record) {
  if (count_ == 0) base_timestamp_ = max_timestamp_ = record.timestamp_ms;
  max_timestamp_ = std::max(max_timestamp_, record.timestamp_ms);
  const std::int64_t timestamp_delta = record.timestamp_ms - base_timestamp_;

  std::size_t size = 1 + varint_size(timestamp_delta) + varint_size(count_) + sized(record.key) +
                     sized(record.value) + varint_size(static_cast<std::int64_t>(record.headers.size()));
  for (const auto& [name, value] : record.headers) size += sized(as_bytes(name)) + sized(value);

  byte_writer out(data_);
  out.put_varint(static_cast<std::int64_t>(size));
  out.put<std::int8_t>(0);
  out.put_varint(timestamp_delta);
  out.put_varint(count_);
  put_nullable(out, record.key);
  put_nullable(out, record.value);
  out.put_varint(static_cast<std::int64_t>(record.headers.size()));
  for (const auto& [name, value] : record.headers) {
    put_nullable(out, as_bytes(name));
    put_nullable(out, value);
  }
  ++count_;
}

void record_batch_builder::set_producer(std::int64_t producer_id, std::int16_t epoch,
                                        std::int32_t base_sequence) {
  producer_id_ = producer_id;
  producer_epoch_ = epoch;
  base_sequence_ = base_sequence;
}

void record_batch_builder::set_compression(compression codec, snappy_framing framing) {
  codec_ = codec;
  framing_ = framing;
}

bytes record_batch_builder::finish() {
  MARQUEE_ASSERT(count_ > 0, "a record batch has no records");
  if (codec_ != compression::none) {
    const bytes packed = compress(codec_, bytes_view(data_).subspan(batch_layout::records), framing_);
    data_.resize(batch_layout::records);
    data_.insert(data_.end(), packed.begin(), packed.end());
  }
  byte_writer out(data_);
  out.put_at<std::int64_t>(batch_layout::base_offset, 0);
  out.put_at(batch_layout::batch_length,
             static_cast<std::int32_t>(data_.size() - batch_layout::length_prefix));
  out.put_at<std::int32_t>(batch_layout::leader_epoch, -1);
  out.put_at<std::int8_t>(batch_layout::magic, 2);
  out.put_at(batch_layout::attributes, static_cast<std::int16_t>(codec_));
  out.put_at(batch_layout::last_offset_delta, count_ - 1);
  out.put_at(batch_layout::base_timestamp, base_timestamp_);
  out.put_at(batch_layout::max_timestamp, max_timestamp_);
  out.put_at(batch_layout::producer_id, producer_id_);
  out.put_at(batch_layout::producer_epoch, producer_epoch_);
  out.put_at(batch_layout::base_sequence, base_sequence_);
  out.put_at(batch_layout::record_count, count_);
  out.put_at(batch_layout::crc, compute_batch_crc(data_));
  return std::move(data_);
}

}  // namespace marquee::kafka
