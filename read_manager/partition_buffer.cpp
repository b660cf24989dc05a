#include "read_manager/partition_buffer.h"

#include <algorithm>

#include "base/byte_codec.h"

namespace marquee::read_manager {

std::size_t buffered_record::payload_size() const {
  std::size_t total = (key ? key->size() : 0) + (value ? value->size() : 0);
  for (const auto& header : headers) total += header.name.size() + (header.value ? header.value->size() : 0);
  return total;
}

bool partition_buffer::append(std::int64_t asked_offset, const kafka::byte_chain& records,
                              std::int64_t high_watermark, std::int64_t log_start) {
  if (asked_offset != fetch_offset_) return true;
  high_watermark_ = high_watermark;
  log_start_ = log_start;
  const shared_bytes all = records.joined();
  held_bytes_ = held_bytes() + all.size();
  std::size_t position = 0;
  while (all.size() - position >= kafka::batch_layout::header_size) {
    const result<kafka::batch_header> header = kafka::read_batch_header(all.view().subspan(position));
    if (!header || header->batch_length < 49 || header->magic != 2) return false;
    if (header->total_size() > all.size() - position) break;  // the last batch may be cut off
    if (!append_batch(all.slice(position, header->total_size()))) return false;
    position += header->total_size();
  }
  return true;
}

bool partition_buffer::append_batch(const shared_bytes& batch) {
  kafka::record_cursor cursor(batch);
  const shared_bytes& data = cursor.decompressed().empty() ? batch : cursor.decompressed();
  held_bytes_ += cursor.decompressed().size();
  kafka::record_view record;
  while (cursor.next(record)) {
    if (record.offset < fetch_offset_) continue;
    if (record.offset >= *high_watermark_) return true;
    fetch_offset_ = record.offset + 1;
    if (cursor.header().is_control()) continue;
    records_.push_back({record.offset, record.timestamp_ms, record.key, record.value, record.headers, data});
    bytes_ += records_.back().size();
  }
  if (cursor.failed()) return false;
  const std::int64_t end = std::min(cursor.header().last_offset() + 1, *high_watermark_);
  fetch_offset_ = std::max(fetch_offset_, end);
  return true;
}

buffered_record copy_of(const buffered_record& record) {
  bytes copy;
  copy.reserve(record.payload_size());
  const auto add = [&](bytes_view part) {
    const std::size_t position = copy.size();
    copy.insert(copy.end(), part.begin(), part.end());
    return bytes_view(copy.data() + position, part.size());  // never moves: all of it was reserved
  };
  buffered_record own{record.offset, record.timestamp_ms, {}, {}, {}, {}};
  if (record.key) own.key = add(*record.key);
  if (record.value) own.value = add(*record.value);
  for (const auto& header : record.headers) {
    own.headers.push_back({as_text(add(as_bytes(header.name))), std::nullopt});
    if (header.value) own.headers.back().value = add(*header.value);
  }
  own.data = shared_bytes::of(std::move(copy));  // takes the buffer over where it is
  return own;
}

void partition_buffer::seek(std::int64_t offset) {
  records_.clear();
  bytes_ = 0;
  position_ = fetch_offset_ = offset;
}

buffered_record partition_buffer::take() {
  buffered_record record = std::move(records_.front());
  records_.pop_front();
  bytes_ -= record.size();
  position_ = record.offset + 1;
  return record;
}

void partition_buffer::put_back(buffered_record record) {
  bytes_ += record.size();
  position_ = record.offset;
  records_.push_front(std::move(record));
}

}  // namespace marquee::read_manager
