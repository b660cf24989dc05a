#include "kafka/batch_validation.h"

#include <fmt/core.h>

#include <algorithm>
#include <optional>

#include "base/byte_codec.h"
#include "kafka/record_cursor.h"

namespace marquee::kafka {

namespace {

batch_verdict refuse(kafka_error error, std::string message) {
  return {error, std::move(message), {}, {}};
}

/// The checks that need no more than position and length: is there a batch, and where does it end?
std::optional<batch_verdict> check_frame(bytes_view rest, std::size_t& total_size) {
  if (rest.size() <= batch_layout::magic)
    return refuse(kafka_error::invalid_record,
                  fmt::format("{} bytes of record data hold no record batch", rest.size()));
  byte_reader in(rest.subspan(batch_layout::batch_length));
  const auto length = in.get<std::int32_t>();
  if (length < 14)
    return refuse(kafka_error::corrupt_message,
                  fmt::format("batch length {} is less than the smallest, 14", length));
  total_size = batch_layout::length_prefix + static_cast<std::size_t>(length);
  const auto magic = static_cast<std::int8_t>(rest[batch_layout::magic]);
  if (magic < 0 || magic > 2)
    return refuse(kafka_error::corrupt_message, fmt::format("record format {} does not exist", magic));
  if (total_size > rest.size())
    return refuse(kafka_error::invalid_record,
                  fmt::format("a record batch of {} bytes is cut off after {}", total_size, rest.size()));
  if (magic != 2)
    return refuse(kafka_error::invalid_record,
                  fmt::format("record format {} is not taken any more; only format 2 is", magic));
  return std::nullopt;
}

/// The checks of one batch's header, in the table's order.
std::optional<batch_verdict> check_header(bytes_view batch, const batch_rules& rules, batch_header& header) {
  byte_reader start(batch);
  if (const auto base_offset = start.get<std::int64_t>(); base_offset != 0)
    return refuse(kafka_error::invalid_record,
                  fmt::format("base offset is {}; a producer must send 0", base_offset));
  if (batch.size() > static_cast<std::size_t>(std::max(rules.max_batch_bytes, 0)))
    return refuse(kafka_error::message_too_large,
                  fmt::format("a record batch of {} bytes is larger than max.message.bytes = {}",
                              batch.size(), rules.max_batch_bytes));
  const result<batch_header> read = read_batch_header(batch);
  if (!read) return refuse(kafka_error::corrupt_message, read.error().message);
  header = *read;
  if (const std::uint32_t crc = compute_batch_crc(batch); crc != header.crc)
    return refuse(
        kafka_error::corrupt_message,
        fmt::format("checksum of the record batch is {:08x}, its bytes have {:08x}", header.crc, crc));
  if (header.record_count <= 0 ||
      static_cast<std::int64_t>(header.last_offset_delta) + 1 != header.record_count)
    return refuse(kafka_error::invalid_record,
                  fmt::format("a batch of {} records says that its last one is number {}",
                              header.record_count, header.last_offset_delta));
  if (header.is_control())
    return refuse(kafka_error::invalid_record, "clients may not write control batches");
  if (header.producer_id >= 0 && header.base_sequence < 0)
    return refuse(kafka_error::invalid_record, fmt::format("producer {} sent a batch with sequence {}",
                                                           header.producer_id, header.base_sequence));
  return std::nullopt;
}

/// What stands after the records in the table, except what needs the records.
std::optional<batch_verdict> check_kind(const batch_header& header) {
  if (header.has_append_time())
    return refuse(kafka_error::invalid_timestamp,
                  "clients may not send batches of append time (attribute bit 3)");
  if (header.is_transactional())
    return refuse(kafka_error::invalid_txn_state, "transactions are not supported");
  return std::nullopt;
}

/// The codec itself, before it is put to work.
std::optional<batch_verdict> check_codec(const batch_header& header, const batch_rules& rules) {
  if (header.codec_id() > static_cast<int>(compression::zstd))
    return refuse(kafka_error::unsupported_compression_type,
                  fmt::format("compression codec {} does not exist", header.codec_id()));
  if (header.codec_id() == static_cast<int>(compression::zstd) &&
      rules.zstd == batch_rules::zstd_batches::refused)
    return refuse(kafka_error::unsupported_compression_type, "zstd needs Produce version 7 or later");
  return std::nullopt;
}

batch_verdict refuse_decompression(const error& why) {
  return refuse(
      why.code == error_code::too_large ? kafka_error::message_too_large : kafka_error::corrupt_message,
      "the batch's records cannot be decompressed: " + why.message);
}

std::optional<batch_verdict> check_records(bytes_view batch, const batch_rules& rules, checked_batch& out) {
  record_cursor cursor(batch, rules.max_decompressed_bytes);
  if (cursor.decompression_failure()) return refuse_decompression(*cursor.decompression_failure());
  record_view record;
  std::int32_t index = 0;
  std::vector<std::int32_t> without_key;
  for (; cursor.next(record); ++index) {
    if (record.offset_delta != index)
      return refuse(kafka_error::invalid_record,
                    fmt::format("record {} of the batch has offset delta {}", index, record.offset_delta));
    out.max_timestamp_ms =
        index == 0 ? record.timestamp_ms : std::max(out.max_timestamp_ms, record.timestamp_ms);
    if (!record.key && rules.keys == batch_rules::null_keys::refused) without_key.push_back(index);
  }
  if (cursor.failed())
    return refuse(kafka_error::invalid_record,
                  fmt::format("record {} of the batch cannot be read, or the batch holds "
                              "more bytes than its {} records",
                              index, out.header.record_count));
  if (std::optional<batch_verdict> bad = check_kind(out.header)) return bad;
  if (!without_key.empty()) {
    batch_verdict verdict =
        refuse(kafka_error::invalid_record, "a compacted topic takes no record without a key");
    verdict.record_indexes = std::move(without_key);
    return verdict;
  }
  return std::nullopt;
}

/// Everything about one whole batch.
std::optional<batch_verdict> check_batch(const batch_rules& rules, checked_batch& out) {
  if (std::optional<batch_verdict> bad = check_header(out.data, rules, out.header)) return bad;
  if (std::optional<batch_verdict> bad = check_codec(out.header, rules)) {
    // What can be seen without reading records comes first, as it does for batches that can be read.
    if (std::optional<batch_verdict> kind = check_kind(out.header)) return kind;
    return bad;
  }
  return check_records(out.data, rules, out);
}

}  // namespace

batch_verdict validate_batches(const shared_bytes& records, const batch_rules& rules) {
  batch_verdict verdict;
  std::size_t position = 0;
  while (position < records.size() || position == 0) {
    const bytes_view rest = records.view().subspan(position);
    std::size_t size = 0;
    std::optional<batch_verdict> bad = check_frame(rest, size);
    if (bad && position > 0 && bad->error == kafka_error::invalid_record)
      break;  // a cut fragment is no batch
    if (bad) return *bad;
    if (position > 0 && rules.allowed == batch_rules::batches::one)
      return refuse(kafka_error::invalid_record, "more than one record batch for a partition in one request");
    checked_batch batch{records.slice(position, size), {}, 0};
    if (std::optional<batch_verdict> failed = check_batch(rules, batch)) return *failed;
    verdict.batches.push_back(std::move(batch));
    position += size;
  }
  return verdict;
}

}  // namespace marquee::kafka
