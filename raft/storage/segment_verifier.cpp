#include "raft/storage/segment_verifier.h"

#include <fmt/format.h>

#include <utility>

#include "raft/storage/segment_format.h"

namespace marquee::raft {

segment_verifier::segment_verifier(group_id group, std::shared_ptr<segment> source,
                                   const segment_position& end, std::size_t piece_bytes)
    : group_(group), source_(std::move(source)), end_(end), piece_bytes_(piece_bytes) {}

result<std::uint64_t> segment_verifier::step() {
  if (!cursor_) return read_header();
  const std::uint64_t begin = cursor_->position();
  while (cursor_->position() - begin < piece_bytes_) {
    const auto header = cursor_->peek();
    if (!header) return fail(header);
    if (!*header) {
      if (auto same = check_end(); !same) return fail(same);
      done_ = true;
      break;
    }
    const std::uint64_t position = cursor_->position();
    const auto next = cursor_->take();
    if (!next) return fail(next);
    if (auto added = read_->add(*next); !added) return fail(added, fmt::format("at byte {}", position));
  }
  return cursor_->position() - begin;
}

result<std::uint64_t> segment_verifier::read_header() {
  bytes preamble(segment_preamble_bytes);
  auto got = source_->data().read_at(0, preamble);
  if (!got) return fail(got);
  preamble.resize(*got);
  const auto size = segment_header_size(preamble);
  if (!size) return fail(size);
  bytes whole(*size);
  got = source_->data().read_at(0, whole);
  if (!got) return fail(got);
  whole.resize(*got);
  const auto header = decode_segment_header(shared_bytes::of(std::move(whole)));
  if (!header) return fail(header);
  if (header->group != group_ || header->base_index != end_.base_index)
    return fail(error_code::corrupt, "its header names another group or another first entry");
  read_.emplace(*header, *size);
  cursor_.emplace(source_->data(), *size, end_.file_bytes, piece_bytes_);
  return std::uint64_t{*size};
}

result<> segment_verifier::check_end() const {
  if (read_->last_index() == end_.last_index && read_->rolling_checksum() == end_.rolling_checksum) return {};
  return fail(error_code::corrupt,
              fmt::format("it ends with entry {} at byte {}, but holds entries up to {}, or others",
                          read_->last_index().value(), read_->file_bytes(), end_.last_index.value()));
}

}  // namespace marquee::raft
