#include "raft/storage/segment_index.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/byte_codec.h"
#include "base/crc32c.h"

namespace marquee::raft {

namespace {

constexpr std::uint32_t index_magic = 0x4d494458;  // "MIDX"
constexpr std::uint16_t index_format_version = 1;
constexpr std::uint64_t place_distance_bytes = std::uint64_t{64} << 10;

}  // namespace

segment_index::segment_index(const segment_header& header, std::uint64_t header_bytes)
    : base_index_(header.base_index),
      base_term_(header.base_term),
      last_index_(header.base_index - 1),
      last_term_(header.base_term),
      next_offset_(header.base_offset),
      last_time_ms_(header.base_time_ms),
      rolling_checksum_(header.rolling_checksum),
      file_bytes_(header_bytes) {}

result<> segment_index::add(const entry& e) {
  if (e.index != last_index_ + 1 || e.term < last_term_ || e.base_offset != next_offset_)
    return fail(
        error_code::corrupt,
        fmt::format("entry {} (term {}, offset {}) does not continue entry {} (term {}, next offset {})",
                    e.index.value(), e.term.value(), e.base_offset.value(), last_index_.value(),
                    last_term_.value(), next_offset_.value()));
  if (e.type == entry_type::configuration) {
    auto members = decode_configuration(e.head);
    if (!members) return fail(members, fmt::format("entry {}", e.index.value()));
    configurations_.push_back({e.index, std::move(*members)});
  }
  if (places_.empty() || file_bytes_ - places_.back().file_position >= place_distance_bytes)
    places_.push_back({e.index, e.base_offset, e.append_time_ms, file_bytes_});
  if (terms_.empty() || terms_.back().term != e.term) terms_.push_back({e.index, e.term});
  last_index_ = e.index;
  last_term_ = e.term;
  next_offset_ = e.next_offset();
  last_time_ms_ = e.append_time_ms;
  rolling_checksum_ = roll_checksum(rolling_checksum_, e);
  file_bytes_ += e.encoded_bytes();
  return {};
}

std::optional<term_number> segment_index::term_at(log_index index) const {
  if (index == base_index_ - 1) return base_term_;
  if (index < base_index_ || index > last_index_) return std::nullopt;
  const auto after = std::ranges::upper_bound(terms_, index, {}, &term_begin::index);
  return std::prev(after)->term;
}

std::uint64_t segment_index::position_for_index(log_index index) const {
  const auto after = std::ranges::upper_bound(places_, index, {}, &place::index);
  return after == places_.begin() ? places_.front().file_position : std::prev(after)->file_position;
}

std::uint64_t segment_index::position_for_offset(record_offset offset) const {
  // Entries without records share their offset with the next one: begin at the first that may matter.
  const auto at = std::ranges::lower_bound(places_, offset, {}, &place::offset);
  return at == places_.begin() ? places_.front().file_position : std::prev(at)->file_position;
}

std::uint64_t segment_index::position_for_time(std::int64_t append_time_ms) const {
  const auto at = std::ranges::lower_bound(places_, append_time_ms, {}, &place::append_time_ms);
  return at == places_.begin() ? places_.front().file_position : std::prev(at)->file_position;
}

bytes segment_index::encode() const {
  bytes data;
  byte_writer writer(data);
  writer.put<std::uint32_t>(index_magic);
  writer.put<std::uint16_t>(index_format_version);
  writer.put<std::uint16_t>(0);
  writer.put<std::int64_t>(base_index_.value());
  writer.put<std::int64_t>(base_term_.value());
  writer.put<std::int64_t>(last_index_.value());
  writer.put<std::int64_t>(last_term_.value());
  writer.put<std::int64_t>(next_offset_.value());
  writer.put<std::int64_t>(last_time_ms_);
  writer.put<std::uint32_t>(rolling_checksum_);
  writer.put<std::uint64_t>(file_bytes_);
  writer.put<std::uint32_t>(static_cast<std::uint32_t>(places_.size()));
  for (const place& p : places_) {
    writer.put<std::int64_t>(p.index.value());
    writer.put<std::int64_t>(p.offset.value());
    writer.put<std::int64_t>(p.append_time_ms);
    writer.put<std::uint64_t>(p.file_position);
  }
  writer.put<std::uint32_t>(static_cast<std::uint32_t>(terms_.size()));
  for (const term_begin& t : terms_) {
    writer.put<std::int64_t>(t.index.value());
    writer.put<std::int64_t>(t.term.value());
  }
  writer.put<std::uint32_t>(static_cast<std::uint32_t>(configurations_.size()));
  for (const configuration_at& c : configurations_) {
    writer.put<std::int64_t>(c.index.value());
    writer.put_sized(encode_configuration(c.members));
  }
  writer.put<std::uint32_t>(crc32c(data));
  return data;
}

result<segment_index> segment_index::decode(bytes_view data) {
  if (data.size() < 4) return fail(error_code::corrupt, "segment index is cut off");
  byte_reader checksum(data.last(4));
  const bytes_view covered = data.first(data.size() - 4);
  if (checksum.get<std::uint32_t>() != crc32c(covered))
    return fail(error_code::corrupt, "segment index does not match its checksum");
  byte_reader reader(covered);
  if (reader.get<std::uint32_t>() != index_magic)
    return fail(error_code::corrupt, "this is no segment index");
  if (reader.get<std::uint16_t>() != index_format_version)
    return fail(error_code::unsupported, "segment index has a newer format version");
  (void)reader.get<std::uint16_t>();
  segment_index index;
  index.base_index_ = log_index(reader.get<std::int64_t>());
  index.base_term_ = term_number(reader.get<std::int64_t>());
  index.last_index_ = log_index(reader.get<std::int64_t>());
  index.last_term_ = term_number(reader.get<std::int64_t>());
  index.next_offset_ = record_offset(reader.get<std::int64_t>());
  index.last_time_ms_ = reader.get<std::int64_t>();
  index.rolling_checksum_ = reader.get<std::uint32_t>();
  index.file_bytes_ = reader.get<std::uint64_t>();
  for (auto left = reader.get<std::uint32_t>(); left > 0 && !reader.failed(); --left) {
    place p;
    p.index = log_index(reader.get<std::int64_t>());
    p.offset = record_offset(reader.get<std::int64_t>());
    p.append_time_ms = reader.get<std::int64_t>();
    p.file_position = reader.get<std::uint64_t>();
    index.places_.push_back(p);
  }
  for (auto left = reader.get<std::uint32_t>(); left > 0 && !reader.failed(); --left) {
    term_begin t;
    t.index = log_index(reader.get<std::int64_t>());
    t.term = term_number(reader.get<std::int64_t>());
    index.terms_.push_back(t);
  }
  for (auto left = reader.get<std::uint32_t>(); left > 0 && !reader.failed(); --left) {
    const log_index at(reader.get<std::int64_t>());
    auto members = decode_configuration(reader.get_sized());
    if (!members) return fail(members, "segment index");
    index.configurations_.push_back({at, std::move(*members)});
  }
  if (reader.failed() || reader.remaining() != 0 || (!index.empty() && index.places_.empty()) ||
      (!index.empty() && index.terms_.empty()))
    return fail(error_code::corrupt, "segment index has lengths that do not fit");
  return index;
}

}  // namespace marquee::raft
