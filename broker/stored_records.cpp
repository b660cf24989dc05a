#include "broker/stored_records.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "broker/batch_table.h"
#include "broker/payload_window.h"
#include "kafka/record_batch_builder.h"
#include "kafka/record_cursor.h"

namespace marquee::broker {

namespace {

constexpr std::size_t read_step_bytes = std::size_t{4} << 20;

bool equal(const std::optional<bytes_view>& a, const std::optional<bytes_view>& b) {
  return a.has_value() == b.has_value() && (!a || std::ranges::equal(*a, *b));
}

bool equal(const kafka::record_view& a, const kafka::record_view& b) {
  if (!equal(a.key, b.key) || !equal(a.value, b.value) || a.headers.size() != b.headers.size()) return false;
  for (std::size_t i = 0; i < a.headers.size(); ++i)
    if (a.headers[i].name != b.headers[i].name || !equal(a.headers[i].value, b.headers[i].value))
      return false;
  return true;
}

/// The records of a batch, and what their views point into besides the batch itself.
struct unpacked_batch {
  std::vector<kafka::record_view> records;
  shared_bytes decompressed;
};

unpacked_batch unpack(bytes_view batch) {
  unpacked_batch unpacked;
  if (batch.size() < kafka::batch_layout::header_size) return unpacked;
  kafka::record_cursor cursor(batch);
  unpacked.decompressed = cursor.decompressed();
  kafka::record_view record;
  while (cursor.next(record)) unpacked.records.push_back(record);
  return unpacked;
}

/// Calls `visit(offset, record)` for the records of one entry.
template <class Visit>
void visit_records(const raft::entry& entry, Visit visit) {
  const auto table = decode_batch_table(entry.head);
  if (!table) return;
  std::size_t position = 0;
  record_offset base = entry.base_offset;
  for (const batch_item& item : table->batches) {
    const shared_bytes batch = payload_window(entry, position, item.length).joined();
    record_offset at = base;
    const unpacked_batch unpacked = unpack(batch);
    for (const kafka::record_view& record : unpacked.records) {
      visit(at, record);
      ++at;
    }
    position += item.length;
    base = base + item.record_count;
  }
}

}  // namespace

result<std::vector<stored_record>> compare_with_stored(const raft::group_log& log, bytes_view batch,
                                                       std::int32_t first, std::int32_t count,
                                                       record_offset stored_at) {
  std::vector<stored_record> found(static_cast<std::size_t>(count));
  const unpacked_batch unpacked = unpack(batch);
  const std::vector<kafka::record_view>& incoming = unpacked.records;
  const record_offset end = stored_at + count;
  const record_offset log_start = log.log_start_offset();
  record_offset at = stored_at;
  for (; at < end && at < log_start; ++at) found[static_cast<std::size_t>(at - stored_at)].equal = true;
  while (at < end) {
    const auto entries = log.read_from_offset(at, end, read_step_bytes);
    if (!entries) return fail(entries);
    if (entries->empty()) return fail(error_code::corrupt, "the log does not hold a record that was applied");
    for (const raft::entry& entry : *entries)
      visit_records(entry, [&](record_offset offset, const kafka::record_view& stored) {
        if (offset < at || offset >= end) return;
        const auto place = static_cast<std::size_t>(offset - stored_at);
        const auto record = static_cast<std::size_t>(first) + place;
        found[place] = {record < incoming.size() && equal(incoming[record], stored), stored.timestamp_ms};
      });
    at = entries->back().next_offset();
  }
  return found;
}

bytes cut_batch(bytes_view batch, const std::vector<bool>& chosen) {
  kafka::record_batch_builder builder;
  const unpacked_batch unpacked = unpack(batch);
  const std::vector<kafka::record_view>& records = unpacked.records;
  for (std::size_t i = 0; i < records.size() && i < chosen.size(); ++i) {
    if (!chosen[i]) continue;
    kafka::record_input input{.timestamp_ms = records[i].timestamp_ms,
                              .key = records[i].key,
                              .value = records[i].value,
                              .headers = {}};
    for (const kafka::record_header_view& header : records[i].headers)
      input.headers.emplace_back(std::string(header.name), header.value);
    builder.add(input);
  }
  return builder.finish();
}

}  // namespace marquee::broker
