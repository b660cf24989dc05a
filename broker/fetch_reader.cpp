#include "broker/fetch_reader.h"

#include <algorithm>

#include "broker/batch_table.h"
#include "broker/payload_window.h"
#include "kafka/record_cursor.h"

namespace marquee::broker {

namespace {

constexpr std::size_t search_step_bytes = std::size_t{4} << 20;

/// One batch in its entry.
struct batch_place {
  record_offset base_offset{};
  std::size_t position = 0;
  batch_item item;
};

/// Calls `visit(place)` for each batch of the entry until it returns false. Errors: corrupt, unsupported.
template <class Visit>
result<bool> visit_batches(const raft::entry& entry, Visit visit) {
  const auto table = decode_batch_table(entry.head);
  if (!table) return fail(table, "entry " + std::to_string(entry.index.value()));
  batch_place place{.base_offset = entry.base_offset, .item = {}};
  for (const batch_item& item : table->batches) {
    place.item = item;
    if (!visit(place)) return false;
    place.base_offset = place.base_offset + item.record_count;
    place.position += item.length;
  }
  return true;
}

bool is_zstd(const raft::entry& entry, const batch_place& place) {
  const std::size_t low_attributes = place.position + kafka::batch_layout::attributes + 1;
  const kafka::byte_chain octet = payload_window(entry, low_attributes, 1);
  return !octet.empty() &&
         (octet.parts.front().data()[0] & 0x07) == static_cast<std::uint8_t>(kafka::compression::zstd);
}

std::optional<found_record> find_in_batch(const shared_bytes& batch, record_offset base_offset,
                                          std::int64_t timestamp_ms) {
  if (batch.size() < kafka::batch_layout::header_size) return std::nullopt;
  kafka::record_cursor cursor(batch);
  kafka::record_view record;
  while (cursor.next(record)) {
    const std::int64_t counts_as =
        cursor.header().has_append_time() ? cursor.header().max_timestamp : record.timestamp_ms;
    if (counts_as >= timestamp_ms) return found_record{base_offset + record.offset_delta, counts_as};
  }
  return std::nullopt;
}

}  // namespace

result<found_batches> read_batches(const raft::group_log& log, record_offset from, record_offset below,
                                   const read_limits& limits) {
  found_batches found;
  if (from >= below) return found;
  const auto entries = log.read_from_offset(from, below, limits.max_bytes);
  if (!entries) return fail(entries);
  std::size_t total = 0;
  bool refused = false;
  for (const raft::entry& entry : *entries) {
    const auto more = visit_batches(entry, [&](const batch_place& place) {
      const record_offset end = place.base_offset + place.item.record_count;
      if (end <= from) return true;
      if (place.base_offset >= below) return false;
      const bool exempt = total == 0 && limits.first == first_batch::always;
      if (!exempt && total + place.item.length > limits.max_bytes) return false;
      if (limits.zstd == read_limits::zstd_batches::refused && is_zstd(entry, place)) {
        refused = total == 0;
        return false;
      }
      for (shared_bytes& part : payload_window(entry, place.position, place.item.length).parts)
        found.data.append(std::move(part));
      found.record_count += place.item.record_count;
      total += place.item.length;
      return true;
    });
    if (!more) return fail(more);
    if (!*more) break;
  }
  if (refused) return fail(error_code::unsupported, "the client's version of Fetch cannot carry zstd");
  return found;
}

result<std::optional<found_record>> find_by_timestamp(const raft::group_log& log, const time_index& index,
                                                      std::int64_t timestamp_ms, record_offset below) {
  std::optional<found_record> found;
  const auto begin = index.find(timestamp_ms);
  if (!begin) return found;
  record_offset at = std::max(*begin, log.log_start_offset());
  while (at < below && !found) {
    const auto entries = log.read_from_offset(at, below, search_step_bytes);
    if (!entries) return fail(entries);
    if (entries->empty()) break;
    for (const raft::entry& entry : *entries) {
      const auto more = visit_batches(entry, [&](const batch_place& place) {
        if (place.item.max_timestamp_ms < timestamp_ms) return true;
        const shared_bytes batch = payload_window(entry, place.position, place.item.length).joined();
        found = find_in_batch(batch, place.base_offset, timestamp_ms);
        return !found;
      });
      if (!more) return fail(more);
      if (found) break;
      at = entry.next_offset();
    }
  }
  return found;
}

/// The stretch in which the log begins may owe its largest timestamp to a record that is gone: its batches
/// are looked at.
result<std::optional<std::int64_t>> largest_timestamp(const raft::group_log& log, const time_index& index,
                                                      record_offset below) {
  const record_offset log_start = log.log_start_offset();
  std::optional<std::int64_t> largest = index.largest(log_start);
  const record_offset end = index.next_stretch(log_start).value_or(below);
  for (record_offset at = log_start; at < end;) {
    const auto entries = log.read_from_offset(at, end, search_step_bytes);
    if (!entries) return fail(entries);
    if (entries->empty()) break;
    for (const raft::entry& entry : *entries) {
      const auto more = visit_batches(entry, [&](const batch_place& place) {
        largest = std::max(largest.value_or(place.item.max_timestamp_ms), place.item.max_timestamp_ms);
        return true;
      });
      if (!more) return fail(more);
      at = entry.next_offset();
    }
  }
  return largest;
}

}  // namespace marquee::broker
