#include "raft/storage/wal_verifier.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/crc32c.h"
#include "raft/storage/wal_file.h"
#include "raft/storage/wal_record.h"

namespace marquee::raft {

wal_verifier::wal_verifier(file_system& files, closed_wal_file which, std::size_t piece_bytes)
    : files_(files), which_(std::move(which)), piece_bytes_(piece_bytes) {}

result<std::uint64_t> wal_verifier::step() {
  if (!handle_) return read_header();
  const std::uint64_t begin = position_;
  while (position_ < which_.used_bytes && position_ - begin < piece_bytes_)
    if (auto checked = check_record(); !checked) return fail(checked);
  return position_ - begin;
}

result<bytes_view> wal_verifier::view(std::uint64_t position, std::size_t size) {
  if (position < piece_position_ || position + size > piece_position_ + piece_.size()) {
    const std::uint64_t left = which_.used_bytes - std::min(position, which_.used_bytes);
    piece_.resize(std::max<std::uint64_t>(size, std::min<std::uint64_t>(piece_bytes_, left)));
    piece_position_ = position;
    const auto got = handle_->read_at(position, piece_);
    if (!got) return fail(got);
    piece_.resize(*got);
    if (*got < size)
      return fail(error_code::corrupt,
                  fmt::format("the file ends at byte {}, but records were written up to {}", position + *got,
                              which_.used_bytes));
  }
  return bytes_view(piece_).subspan(position - piece_position_, size);
}

result<std::uint64_t> wal_verifier::read_header() {
  auto opened = files_.open(which_.path, open_mode::read);
  if (!opened) return fail(opened);
  handle_ = std::move(*opened);
  const auto block = view(0, wal_first_record);
  if (!block) return fail(block);
  const auto header = decode_wal_file_header(*block);
  if (!header) return fail(header);
  if (header->generation != which_.generation)
    return fail(error_code::corrupt, fmt::format("its header is of generation {} instead of {}",
                                                 header->generation, which_.generation));
  position_ = wal_first_record;
  next_lsn_ = header->first_lsn;
  return wal_first_record;
}

result<> wal_verifier::check_record() {
  const auto fixed = view(position_, wal_record_header_bytes);
  if (!fixed) return fail(fixed);
  const auto header = decode_wal_header(*fixed);
  if (!header) return fail(header, fmt::format("at byte {}", position_));
  const bool continues = header->generation == which_.generation && header->position == position_ &&
                         header->lsn == next_lsn_ && header->span <= which_.used_bytes - position_ &&
                         header->span >= wal_record_header_bytes + header->payload_bytes;
  if (!continues)
    return fail(error_code::corrupt,
                fmt::format("at byte {}: not the record {} that belongs here", position_, next_lsn_));
  const auto payload = view(position_ + wal_record_header_bytes, header->payload_bytes);
  if (!payload) return fail(payload);
  if (crc32c(*payload) != header->payload_checksum)
    return fail(error_code::corrupt, fmt::format("at byte {}: record {} ({}) does not match its checksum",
                                                 position_, header->lsn, to_string(header->type)));
  position_ += header->span;
  ++next_lsn_;
  return {};
}

}  // namespace marquee::raft
