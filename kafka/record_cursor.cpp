#include "kafka/record_cursor.h"

#include <utility>

#include "kafka/decompression.h"

namespace marquee::kafka {

namespace {

/// Length varint, -1 = null. Fails the reader on any other negative length.
std::optional<bytes_view> nullable_bytes(byte_reader& in) {
  const std::int64_t length = in.get_varint();
  if (length == -1) return std::nullopt;
  if (length < 0) {
    in.fail();
    return std::nullopt;
  }
  return in.get_bytes(static_cast<std::size_t>(length));
}

}  // namespace

record_cursor::record_cursor(bytes_view batch, std::size_t most_bytes) : in_(bytes_view{}) {
  const result<batch_header> header = read_batch_header(batch);
  if (!header) {
    failed_ = true;
    return;
  }
  header_ = *header;
  const bytes_view records = batch.subspan(batch_layout::records);
  if (header_.codec_id() == 0) {
    in_ = byte_reader(records);
    return;
  }
  auto plain = decompress(static_cast<compression>(header_.codec_id()), records, most_bytes);
  if (!plain) {
    failed_ = true;
    decompression_failure_ = plain.error();
    return;
  }
  decompressed_ = shared_bytes::of(std::move(*plain));
  in_ = byte_reader(decompressed_.view());
}

bool record_cursor::next(record_view& record) {
  if (failed_) return false;
  if (index_ >= header_.record_count) {
    failed_ = in_.remaining() != 0;
    return false;
  }
  const std::int64_t length = in_.get_varint();
  if (in_.failed() || length < 0 || static_cast<std::uint64_t>(length) > in_.remaining()) {
    failed_ = true;
    return false;
  }
  failed_ = !read_record(byte_reader(in_.get_bytes(static_cast<std::size_t>(length))), record);
  ++index_;
  return !failed_;
}

bool record_cursor::read_record(byte_reader in, record_view& record) {
  (void)in.get<std::int8_t>();  // attributes, unused in format 2
  const std::int64_t timestamp_delta = in.get_varint();
  const std::int64_t offset_delta = in.get_varint();
  if (offset_delta < INT32_MIN || offset_delta > INT32_MAX) return false;
  record.offset_delta = static_cast<std::int32_t>(offset_delta);
  // What a client sends must not overflow signed sums.
  record.offset = static_cast<std::int64_t>(static_cast<std::uint64_t>(header_.base_offset) +
                                            static_cast<std::uint64_t>(offset_delta));
  record.timestamp_ms = header_.has_append_time()
                            ? header_.max_timestamp
                            : static_cast<std::int64_t>(static_cast<std::uint64_t>(header_.base_timestamp) +
                                                        static_cast<std::uint64_t>(timestamp_delta));
  record.key = nullable_bytes(in);
  record.value = nullable_bytes(in);
  const std::int64_t headers = in.get_varint();
  record.headers.clear();
  // A header takes at least two bytes, so a larger count is a lie.
  if (in.failed() || headers < 0 || static_cast<std::uint64_t>(headers) > in.remaining()) return false;
  for (std::int64_t i = 0; i < headers; ++i) {
    const std::optional<bytes_view> name = nullable_bytes(in);
    if (!name || in.failed()) return false;
    record.headers.push_back({as_text(*name), nullable_bytes(in)});
  }
  return !in.failed() && in.remaining() == 0;
}

}  // namespace marquee::kafka
