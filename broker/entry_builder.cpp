#include "broker/entry_builder.h"

#include <utility>

#include "kafka/record_batch.h"

namespace marquee::broker {

namespace {

/// Below this a batch is copied: a window on it would cost more, and would keep its whole frame alive.
constexpr std::size_t copy_below_bytes = 4096;
/// What of a batch lies before its CRC'd part and must be written anew: offset, length, leader epoch.
constexpr std::size_t patched_bytes = kafka::batch_layout::magic;

}  // namespace

entry_builder::entry_builder(entry_content content, record_offset base_offset, std::int32_t leader_epoch,
                             std::int64_t append_time_ms)
    : base_offset_(base_offset),
      next_offset_(base_offset),
      leader_epoch_(leader_epoch),
      append_time_ms_(append_time_ms) {
  table_.content = content;
}

void entry_builder::add(const incoming_batch& batch, timestamp_kind kind, std::int64_t stamp_ms) {
  const std::size_t size = batch.data.size();
  const bool rewritten = kind == timestamp_kind::append || batch.correct_max_timestamp;
  const std::size_t copied = rewritten || size < copy_below_bytes ? size : patched_bytes;
  const std::size_t begins = copies_.size();
  add_copy(batch.data.view().first(copied));
  const std::span<std::uint8_t> own(copies_.data() + begins, copied);
  byte_writer head(copies_);
  head.put_at(begins + kafka::batch_layout::base_offset, next_offset_.value());
  head.put_at(begins + kafka::batch_layout::leader_epoch, leader_epoch_);
  batch_item item = batch.item;
  item.length = static_cast<std::uint32_t>(size);
  if (kind == timestamp_kind::append) {
    kafka::set_append_time(own, stamp_ms);
    item.max_timestamp_ms = stamp_ms;
  } else if (batch.correct_max_timestamp) {
    kafka::set_max_timestamp(own, item.max_timestamp_ms);
  }
  if (copied < size) {
    flush_copies();
    parts_.push_back(batch.data.slice(copied));
  }
  next_offset_ = next_offset_ + item.record_count;
  payload_bytes_ += size;
  table_.batches.push_back(std::move(item));
}

void entry_builder::add_copy(bytes_view data) {
  copies_.insert(copies_.end(), data.begin(), data.end());
}

void entry_builder::flush_copies() {
  if (copies_.empty()) return;
  parts_.push_back(shared_bytes::of(std::exchange(copies_, {})));
}

raft::proposal entry_builder::finish() {
  flush_copies();
  raft::proposal wanted;
  wanted.base_offset = base_offset_;
  wanted.record_count = static_cast<std::int32_t>(next_offset_ - base_offset_);
  wanted.append_time_ms = append_time_ms_;
  wanted.head = shared_bytes::of(encode_batch_table(table_));
  wanted.payload = std::move(parts_);
  return wanted;
}

}  // namespace marquee::broker
