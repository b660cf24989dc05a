#include "raft/storage/segment_cursor.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace marquee::raft {

segment_cursor::segment_cursor(const file& source, std::uint64_t position, std::uint64_t end,
                               std::size_t piece_bytes)
    : source_(source), position_(position), end_(end), piece_bytes_(piece_bytes) {}

result<> segment_cursor::need(std::size_t size) {
  if (piece_position_ <= position_ && position_ + size <= piece_position_ + piece_.size()) return {};
  if (position_ + size > end_)
    return fail(error_code::corrupt,
                fmt::format("entry at byte {} reaches past the end at byte {}", position_, end_));
  bytes buffer(std::min<std::uint64_t>(std::max(size, piece_bytes_), end_ - position_));
  const auto got = source_.read_at(position_, buffer);
  if (!got) return fail(got);
  if (*got < size)
    return fail(error_code::corrupt, fmt::format("the file ends inside the entry at byte {}", position_));
  buffer.resize(*got);
  piece_ = shared_bytes::of(std::move(buffer));
  piece_position_ = position_;
  return {};
}

result<std::optional<decoded_header>> segment_cursor::peek() {
  if (position_ >= end_) return std::optional<decoded_header>();
  if (auto there = need(entry_header_bytes); !there) return fail(there);
  auto header = decode_entry_header(piece_.slice(position_ - piece_position_));
  if (!header) return fail(header, fmt::format("at byte {}", position_));
  current_bytes_ = header->total_bytes();
  return std::optional<decoded_header>(std::move(*header));
}

result<entry> segment_cursor::take() {
  if (auto there = need(current_bytes_); !there) return fail(there);
  auto taken = decode_entry(piece_.slice(position_ - piece_position_, current_bytes_));
  if (!taken) return fail(taken, fmt::format("at byte {}", position_));
  position_ += current_bytes_;
  return taken;
}

void segment_cursor::skip() {
  position_ += current_bytes_;
}

}  // namespace marquee::raft
