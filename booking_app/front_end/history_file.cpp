#include "booking_app/front_end/history_file.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/crc32c.h"
#include "base/logging.h"

namespace marquee::booking {
namespace {

// The header: magic, version, next offset, end of the file, checksum of it all. It is written over in place:
// one that does not match its checksum says nothing, and what the entries say counts.
constexpr std::string_view magic = "MQBOOKHI";
constexpr std::uint32_t version = 1;
constexpr std::size_t header_bytes = 64;
constexpr std::uint64_t block_bytes = 64 * 1024;
constexpr std::uint64_t load_bytes = std::uint64_t{4} << 20;
/// An entry holds what one record did; nothing that is longer was ever written.
constexpr std::uint64_t longest_entry = std::uint64_t{256} << 20;

result<bytes> read_range(const file& source, std::uint64_t begin, std::uint64_t end) {
  bytes data(end - begin);
  const result<std::size_t> got = source.read_at(begin, data);
  if (!got) return fail(got, "reading the history");
  data.resize(*got);
  return data;
}

}  // namespace

void history_file::block::note(history_key key) {
  for (int i = 0; i < 4; ++i) filter.set((key >> (13 * i)) % filter_bits);
}

bool history_file::block::may_hold(history_key key) const {
  for (int i = 0; i < 4; ++i)
    if (!filter.test((key >> (13 * i)) % filter_bits)) return false;
  return true;
}

result<history_file> history_file::open(file_system& files, const std::string& path) {
  auto opened = files.open(path, open_mode::create);
  if (!opened) return fail(opened, "opening the history " + path);
  history_file history(std::move(*opened));
  if (const result<> loaded = history.load(); !loaded) return fail(loaded, path);
  return history;
}

result<> history_file::load() {
  auto header = read_range(*file_, 0, header_bytes);
  if (!header) return fail(header);
  byte_reader in(*header);
  const bool is_ours = as_text(in.get_bytes(magic.size())) == magic && in.get<std::uint32_t>() == version;
  auto promised_offset = in.get<std::int64_t>();
  auto promised_end = in.get<std::uint64_t>();
  const std::size_t checked = header->size() - std::min(header->size(), in.remaining());
  const bool is_whole = in.get<std::uint32_t>() == crc32c(bytes_view(*header).first(checked));
  if (in.failed() || !is_ours) {
    if (!header->empty())
      log_warning("booking.front_end",
                  "the history file is of another release or damaged: it is made anew from the log");
    return begin_anew();
  }
  if (!is_whole) promised_offset = promised_end = 0;
  return load_entries(promised_end, promised_offset);
}

result<> history_file::begin_anew() {
  if (const result<> cut = file_->truncate(0); !cut) return fail(cut, "making the history anew");
  blocks_.clear();
  end_ = header_bytes;
  next_offset_ = 0;
  return write_header();
}

result<> history_file::load_entries(std::uint64_t promised_end, std::int64_t promised_offset) {
  const result<std::uint64_t> size = file_->size();
  if (!size) return fail(size);
  end_ = header_bytes;
  next_offset_ = 0;
  std::uint64_t window = load_bytes;
  while (end_ < *size) {
    const std::uint64_t window_end = std::min(*size, end_ + window);
    const auto data = read_range(*file_, end_, window_end);
    if (!data) return fail(data);
    byte_reader in(*data);
    const std::uint64_t begin = end_;
    while (in.remaining() > 0) {
      const auto entry = decode_history_entry(in);
      if (!entry) break;
      note(*entry, end_);
      next_offset_ = entry->offset;
      end_ = begin + data->size() - in.remaining();
    }
    // Nothing whole in it: either it is longer than the window, or the end of what can be read.
    if (end_ == begin && (window_end == *size || window >= longest_entry)) break;
    window = end_ == begin ? window * 4 : load_bytes;
  }
  const bool is_whole = end_ == *size && end_ >= promised_end;
  // The entries of the last record may not be all there; a header that fits the file says that they are.
  if (is_whole && promised_end == end_) {
    next_offset_ = promised_offset;
    return {};
  }
  if (end_ < *size)
    log_warning("booking.front_end",
                "the history file is damaged behind offset {}: the rest is made anew from the log",
                next_offset_);
  return cut_back(next_offset_);
}

void history_file::note(const history_entry& entry, std::uint64_t position) {
  if (blocks_.empty() || position - blocks_.back().position >= block_bytes)
    blocks_.push_back({position, entry.offset, {}});
  block& last = blocks_.back();
  last.note(kind_key(entry.kind));
  for (const history_key key : entry.keys) last.note(key);
}

result<> history_file::write_header() {
  bytes header;
  byte_writer out(header);
  out.put_bytes(as_bytes(magic));
  out.put<std::uint32_t>(version);
  out.put<std::int64_t>(next_offset_);
  out.put<std::uint64_t>(end_);
  out.put<std::uint32_t>(crc32c(header));
  header.resize(header_bytes);
  const bytes_view parts[] = {header};
  if (const result<> written = file_->write_at(0, parts); !written) {
    failed_ = true;
    return fail(written, "writing the history");
  }
  return {};
}

std::uint64_t history_file::end_of(std::size_t index) const {
  return index + 1 < blocks_.size() ? blocks_[index + 1].position : end_;
}

result<bytes> history_file::read_block(std::size_t index) const {
  return read_range(*file_, blocks_[index].position, end_of(index));
}

std::size_t history_file::block_of(std::int64_t offset) const {
  // Entries of one record may lie in several blocks: the first of them begins in the last block that began
  // before that offset.
  const auto next = std::ranges::lower_bound(blocks_, offset, {}, &block::first_offset);
  return static_cast<std::size_t>(std::max<std::ptrdiff_t>(next - blocks_.begin() - 1, 0));
}

result<> history_file::cut_back(std::int64_t offset) {
  if (failed_) return fail(error_code::unavailable, "the history could not be written");
  std::uint64_t end = end_;
  if (!blocks_.empty()) {
    const std::size_t first = block_of(offset);
    for (std::size_t index = first; index < blocks_.size() && end == end_; ++index) {
      const auto data = read_block(index);
      if (!data) return fail(data);
      byte_reader in(*data);
      while (in.remaining() > 0) {
        const std::uint64_t position = blocks_[index].position + data->size() - in.remaining();
        const auto entry = decode_history_entry(in);
        if (!entry) return fail(entry);
        if (entry->offset < offset) continue;
        end = position;
        break;
      }
    }
  }
  std::erase_if(blocks_, [&](const block& each) { return each.position >= end; });
  end_ = end;
  next_offset_ = std::min(next_offset_, offset);
  if (const result<> cut = file_->truncate(end_); !cut) {
    failed_ = true;
    return fail(cut, "cutting the history");
  }
  return write_header();
}

result<> history_file::append(std::span<const history_entry> entries, std::int64_t next_offset) {
  if (failed_) return fail(error_code::unavailable, "the history could not be written");
  bytes data;
  byte_writer out(data);
  const std::uint64_t begin = end_;
  for (const history_entry& entry : entries) {
    note(entry, begin + data.size());
    encode(entry, out);
  }
  const bytes_view parts[] = {data};
  if (!data.empty())
    if (const result<> written = file_->write_at(begin, parts); !written) {
      failed_ = true;
      return fail(written, "writing the history");
    }
  end_ += data.size();
  next_offset_ = next_offset;
  return write_header();
}

result<history_page> history_file::read(const history_query& query) const {
  if (failed_) return fail(error_code::unavailable, "the history could not be written");
  history_page page;
  page.next_offset = std::max(query.from_offset, next_offset_);
  std::size_t bytes_taken = 0;
  for (std::size_t index = block_of(query.from_offset); index < blocks_.size(); ++index) {
    const auto wanted = [&](history_key key) { return blocks_[index].may_hold(key); };
    if (!wanted(kind_key(query.kind)) || !std::ranges::all_of(query.keys, wanted)) continue;
    const auto data = read_block(index);
    if (!data) return fail(data);
    byte_reader in(*data);
    while (in.remaining() > 0) {
      auto entry = decode_history_entry(in);
      if (!entry) return fail(entry);
      if (entry->offset < query.from_offset || entry->kind != query.kind) continue;
      const auto has = [&](history_key key) { return std::ranges::count(entry->keys, key) > 0; };
      if (!std::ranges::all_of(query.keys, has)) continue;
      const bool is_full = page.entries.size() >= query.most_entries || bytes_taken >= query.most_bytes;
      if (is_full && entry->offset != page.entries.back().offset) {
        page.next_offset = entry->offset;
        page.more = true;
        return page;
      }
      bytes_taken += entry->text.size();
      entry->keys.clear();
      page.entries.push_back(std::move(*entry));
    }
  }
  return page;
}

result<history_file::tail> history_file::read_tail(history_kind kind, std::uint64_t most_bytes) const {
  tail found;
  found.behind = -1;
  if (blocks_.empty()) return found;
  std::size_t index = blocks_.size() - 1;
  while (index > 0 && end_ - blocks_[index - 1].position <= most_bytes) --index;
  if (index > 0) found.behind = blocks_[index].first_offset;
  for (; index < blocks_.size(); ++index) {
    const auto data = read_block(index);
    if (!data) return fail(data);
    byte_reader in(*data);
    while (in.remaining() > 0) {
      auto entry = decode_history_entry(in);
      if (!entry) return fail(entry);
      // The first record of a block may have begun in the one before it.
      if (entry->kind != kind || entry->offset <= found.behind) continue;
      entry->keys.clear();
      found.entries.push_back(std::move(*entry));
    }
  }
  return found;
}

}  // namespace marquee::booking
