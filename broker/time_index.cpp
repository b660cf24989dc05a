#include "broker/time_index.h"

#include <algorithm>

namespace marquee::broker {

void time_index::add(record_offset base_offset, std::uint64_t length, std::int64_t max_timestamp_ms) {
  if (stretches_.empty() || last_stretch_bytes_ >= stretch_bytes) {
    stretches_.push_back({base_offset, max_timestamp_ms});
    last_stretch_bytes_ = 0;
  }
  stretches_.back().max_timestamp_ms = std::max(stretches_.back().max_timestamp_ms, max_timestamp_ms);
  last_stretch_bytes_ += length;
}

std::optional<record_offset> time_index::find(std::int64_t timestamp_ms) const {
  for (const stretch& one : stretches_)
    if (one.max_timestamp_ms >= timestamp_ms) return one.base_offset;
  return std::nullopt;
}

void time_index::forget_below(record_offset log_start) {
  std::size_t gone = 0;
  while (gone + 1 < stretches_.size() && stretches_[gone + 1].base_offset <= log_start) ++gone;
  stretches_.erase(stretches_.begin(), stretches_.begin() + static_cast<std::ptrdiff_t>(gone));
}

std::optional<std::int64_t> time_index::largest(record_offset from) const {
  std::optional<std::int64_t> most;
  for (const stretch& one : stretches_)
    if (one.base_offset >= from) most = std::max(most.value_or(one.max_timestamp_ms), one.max_timestamp_ms);
  return most;
}

std::optional<record_offset> time_index::next_stretch(record_offset offset) const {
  for (const stretch& one : stretches_)
    if (one.base_offset > offset) return one.base_offset;
  return std::nullopt;
}

void time_index::encode(byte_writer& out) const {
  out.put(last_stretch_bytes_);
  out.put_uvarint(stretches_.size());
  for (const stretch& one : stretches_) {
    out.put(one.base_offset.value());
    out.put(one.max_timestamp_ms);
  }
}

result<> time_index::decode(byte_reader& in) {
  stretches_.clear();
  last_stretch_bytes_ = in.get<std::uint64_t>();
  for (std::uint64_t left = in.get_uvarint(); left > 0 && !in.failed(); --left) {
    const record_offset base_offset(in.get<std::int64_t>());
    stretches_.push_back({base_offset, in.get<std::int64_t>()});
  }
  if (in.failed()) return fail(error_code::corrupt, "the time index cannot be read");
  return {};
}

}  // namespace marquee::broker
