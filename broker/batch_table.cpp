#include "broker/batch_table.h"

#include "base/byte_codec.h"

namespace marquee::broker {

namespace {

constexpr std::uint8_t format_version = 1;

enum batch_flags : std::uint8_t { has_runs = 1, has_kafka_producer = 2 };

void put_batch(byte_writer& out, const batch_item& item) {
  out.put(item.length);
  out.put(item.record_count);
  out.put(item.max_timestamp_ms);
  const bool idempotent = !item.is_sequenced() && item.producer_id >= 0;
  out.put<std::uint8_t>(item.is_sequenced() ? has_runs : idempotent ? has_kafka_producer : 0);
  if (idempotent) {
    out.put(item.producer_id);
    out.put(item.producer_epoch);
    out.put(item.base_sequence);
  }
  if (!item.is_sequenced()) return;
  out.put(item.producer_id);
  out.put_uvarint(item.runs.size());
  for (const kafka::sequence_run& run : item.runs) {
    out.put(run.sequence);
    out.put(run.count);
    out.put(run.hash);
  }
}

batch_item get_batch(byte_reader& in) {
  batch_item item;
  item.length = in.get<std::uint32_t>();
  item.record_count = in.get<std::int32_t>();
  item.max_timestamp_ms = in.get<std::int64_t>();
  const auto flags = in.get<std::uint8_t>();
  if (flags > has_kafka_producer) in.fail();
  if (flags == has_kafka_producer) {
    item.producer_id = in.get<std::int64_t>();
    item.producer_epoch = in.get<std::int16_t>();
    item.base_sequence = in.get<std::int32_t>();
    if (item.producer_id < 0) in.fail();  // it would have been written without this flag
  }
  if (flags != has_runs) return item;
  item.producer_id = in.get<std::int64_t>();
  const std::uint64_t count = in.get_uvarint();
  if (count == 0 || count > in.remaining() / 20) in.fail();
  std::int64_t records = 0;
  for (std::uint64_t i = 0; i < count && !in.failed(); ++i) {
    kafka::sequence_run run;
    run.sequence = in.get<std::int64_t>();
    run.count = in.get<std::int32_t>();
    run.hash = in.get<std::int64_t>();
    if (run.count <= 0) in.fail();
    records += run.count;
    item.runs.push_back(run);
  }
  if (records != item.record_count) in.fail();
  return item;
}

}  // namespace

std::int64_t batch_table::record_count() const {
  std::int64_t total = 0;
  for (const batch_item& item : batches) total += item.record_count;
  return total;
}

bytes encode_batch_table(const batch_table& table) {
  bytes head;
  byte_writer out(head);
  out.put(format_version);
  out.put(static_cast<std::uint8_t>(table.content));
  out.put_uvarint(table.batches.size());
  for (const batch_item& item : table.batches) put_batch(out, item);
  return head;
}

result<batch_table> decode_batch_table(bytes_view head) {
  byte_reader in(head);
  const auto version = in.get<std::uint8_t>();
  if (!in.failed() && version > format_version)
    return fail(error_code::unsupported, "the batch table of an entry has format " + std::to_string(version) +
                                             ", this release reads up to " + std::to_string(format_version));
  batch_table table;
  const auto content = in.get<std::uint8_t>();
  if (version == 0 || content > static_cast<std::uint8_t>(entry_content::position_commands)) in.fail();
  table.content = static_cast<entry_content>(content);
  const std::uint64_t count = in.get_uvarint();
  if (count > in.remaining() / 17) in.fail();
  for (std::uint64_t i = 0; i < count && !in.failed(); ++i) table.batches.push_back(get_batch(in));
  if (in.failed() || in.remaining() != 0)
    return fail(error_code::corrupt, "the batch table of an entry cannot be read");
  return table;
}

}  // namespace marquee::broker
