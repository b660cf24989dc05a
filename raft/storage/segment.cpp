#include "raft/storage/segment.h"

#include <fmt/format.h>

#include <array>
#include <utility>

#include "base/logging.h"
#include "raft/core/entry_codec.h"
#include "raft/storage/segment_cursor.h"

namespace marquee::raft {

namespace {

constexpr std::size_t scan_piece_bytes = std::size_t{1} << 20;
constexpr std::uint64_t largest_index_bytes = std::uint64_t{64} << 20;

}  // namespace

segment::segment(std::string path, std::unique_ptr<file> handle, segment_header header, segment_index index)
    : path_(std::move(path)),
      file_(std::move(handle)),
      header_(std::move(header)),
      index_(std::move(index)) {}

result<std::shared_ptr<segment>> segment::create(file_system& files, const std::string& folder,
                                                 const segment_header& header) {
  const std::string path = segment_path(folder, header.base_index);
  // A file of that name can only be what a crash or a failure left of an earlier attempt.
  if (auto removed = files.remove_file(path); !removed) return fail(removed);
  auto opened = files.open(path, open_mode::create_new);
  if (!opened) return fail(opened);
  const bytes encoded = encode_segment_header(header);
  const std::array<bytes_view, 1> part{encoded};
  if (auto written = (*opened)->write_at(0, part); !written) return fail(written);
  if (auto synced = (*opened)->sync(); !synced) return fail(synced);
  if (auto synced = files.sync_directory(folder); !synced) return fail(synced);
  return std::shared_ptr<segment>(
      new segment(path, std::move(*opened), header, segment_index(header, encoded.size())));
}

result<std::shared_ptr<segment>> segment::open_header(file_system& files, const std::string& folder,
                                                      log_index base_index) {
  const std::string path = segment_path(folder, base_index);
  auto opened = files.open(path, open_mode::write);
  if (!opened) return fail(opened);
  bytes preamble(segment_preamble_bytes);
  auto got = (*opened)->read_at(0, preamble);
  if (!got) return fail(got);
  preamble.resize(*got);
  const auto size = segment_header_size(preamble);
  if (!size) return fail(size, path);
  bytes whole(*size);
  got = (*opened)->read_at(0, whole);
  if (!got) return fail(got);
  whole.resize(*got);
  auto header = decode_segment_header(shared_bytes::of(std::move(whole)));
  if (!header) return fail(header, path);
  if (header->base_index != base_index)
    return fail(error_code::corrupt,
                fmt::format("{} holds the segment of index {}", path, header->base_index.value()));
  segment_index index(*header, *size);
  return std::shared_ptr<segment>(
      new segment(path, std::move(*opened), std::move(*header), std::move(index)));
}

result<> segment::scan(std::uint64_t end) {
  segment_cursor cursor(*file_, index_.file_bytes(), end, scan_piece_bytes);
  while (true) {
    const auto header = cursor.peek();
    if (!header) return fail(header, path_);
    if (!*header) return {};
    const auto e = cursor.take();
    if (!e) return fail(e, path_);
    if (auto added = index_.add(*e); !added) return fail(added, path_);
  }
}

result<std::shared_ptr<segment>> segment::open_active(file_system& files, const std::string& folder,
                                                      const segment_position& expected) {
  auto opened = open_header(files, folder, expected.base_index);
  if (!opened) return opened;
  segment& found = **opened;
  const auto size = found.file_->size();
  if (!size) return fail(size);
  if (*size < expected.file_bytes)
    return fail(error_code::corrupt, fmt::format("{} has {} bytes, but {} had been synced", found.path_,
                                                 *size, expected.file_bytes));
  if (auto scanned = found.scan(expected.file_bytes); !scanned) return fail(scanned);
  if (found.position() != expected)
    return fail(error_code::corrupt,
                fmt::format("{} ends with entry {}, but the checkpoint says entry {} or other content",
                            found.path_, found.index_.last_index().value(), expected.last_index.value()));
  if (*size > expected.file_bytes) {
    if (auto cut = found.file_->truncate(expected.file_bytes); !cut) return fail(cut);
    if (auto synced = found.file_->sync(); !synced) return fail(synced);
  }
  return opened;
}

result<std::shared_ptr<segment>> segment::open_sealed(file_system& files, const std::string& folder,
                                                      log_index base_index) {
  auto opened = open_header(files, folder, base_index);
  if (!opened) return opened;
  segment& found = **opened;
  const auto size = found.file_->size();
  if (!size) return fail(size);
  const std::string index_path = segment_index_path(folder, base_index);
  const auto content = read_file(files, index_path, largest_index_bytes);
  if (content) {
    auto stored = segment_index::decode(*content);
    if (stored && stored->base_index() == base_index && stored->file_bytes() == *size) {
      found.index_ = std::move(*stored);
      return opened;
    }
  }
  log_info("raft.storage", "{} is missing or damaged and is made again", index_path);
  if (auto scanned = found.scan(*size); !scanned) return fail(scanned);
  if (auto sealed = found.seal(files, folder); !sealed)
    log_warning("raft.storage", "{} cannot be stored: {}", index_path, sealed.error().message);
  return opened;
}

result<segment::remains> segment::open_remains(file_system& files, const std::string& folder,
                                               log_index base_index, std::optional<std::uint64_t> end) {
  auto opened = open_header(files, folder, base_index);
  if (!opened) return fail(opened);
  remains found{std::move(*opened), std::nullopt};
  const auto size = found.sound->file_->size();
  if (!size) return fail(size);
  auto scanned = found.sound->scan(std::min(end.value_or(*size), *size));
  if (!scanned && scanned.error().code != error_code::corrupt) return fail(scanned);
  if (!scanned) found.damage = scanned.error();
  if (scanned && end && *size < *end)
    found.damage = error{error_code::corrupt, fmt::format("{} has {} bytes, but {} had been synced",
                                                          found.sound->path_, *size, *end)};
  return found;
}

result<std::shared_ptr<segment>> segment::write_anew(
    file_system& files, const std::string& folder, const segment& sound,
    const std::function<result<>(const std::string&)>& aside) {
  const std::string temporary = sound.path_ + ".new";
  if (auto removed = files.remove_file(temporary); !removed) return fail(removed);
  auto opened = files.open(temporary, open_mode::create_new);
  if (!opened) return fail(opened);
  bytes piece(scan_piece_bytes);
  for (std::uint64_t at = 0; at < sound.index_.file_bytes();) {
    piece.resize(std::min<std::uint64_t>(scan_piece_bytes, sound.index_.file_bytes() - at));
    const auto got = sound.file_->read_at(at, piece);
    if (!got) return fail(got);
    if (*got < piece.size()) return fail(error_code::io, sound.path_ + " becomes shorter while it is read");
    const std::array<bytes_view, 1> part{piece};
    if (auto written = (*opened)->write_at(at, part); !written) {
      (void)files.remove_file(temporary).has_value();
      return fail(written);
    }
    at += piece.size();
  }
  if (auto synced = (*opened)->sync(); !synced) return fail(synced);
  if (auto moved = aside(sound.path_); !moved) return fail(moved);
  if (auto renamed = files.rename(temporary, sound.path_); !renamed) return fail(renamed);
  if (auto synced = files.sync_directory(folder); !synced) return fail(synced);
  return open_active(files, folder, sound.position());
}

result<> segment::write(std::span<const entry> entries) {
  constexpr std::size_t entries_per_write = 512;
  std::uint64_t position = index_.file_bytes();
  for (std::size_t begin = 0; begin < entries.size(); begin += entries_per_write) {
    const auto piece = entries.subspan(begin, std::min(entries_per_write, entries.size() - begin));
    std::vector<entry_header> headers;
    headers.reserve(piece.size());
    std::vector<bytes_view> parts;
    std::uint64_t size = 0;
    for (const entry& e : piece) {
      append_entry_parts(e, headers.emplace_back(encode_entry_header(e)), parts);
      size += e.encoded_bytes();
    }
    if (auto written = file_->write_at(position, parts); !written) return written;
    position += size;
  }
  return file_->sync();
}

result<> segment::publish(std::span<const entry> entries) {
  for (const entry& e : entries)
    if (auto added = index_.add(e); !added) return fail(added, path_);
  return {};
}

result<> segment::seal(file_system& files, const std::string& folder) const {
  return replace_file(files, segment_index_path(folder, header_.base_index), index_.encode());
}

segment_position segment::position() const {
  return {header_.base_index, index_.file_bytes(),  index_.last_index(),
          index_.last_term(), index_.next_offset(), index_.rolling_checksum()};
}

}  // namespace marquee::raft
