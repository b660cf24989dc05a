// The reading half of group_storage: finding entries by index, offset and time in segments and in memory.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "raft/storage/group_storage.h"
#include "raft/storage/segment_cursor.h"

namespace marquee::raft {

namespace {

constexpr std::size_t least_piece_bytes = std::size_t{64} << 10;
constexpr std::size_t most_piece_bytes = std::size_t{1} << 20;

}  // namespace

log_index group_storage::segments_last() const {
  return base_.last_index;
}

std::optional<group_storage::stretch> group_storage::stretch_for_index(log_index index) const {
  if (index > segments_last()) return std::nullopt;
  for (auto s = segments_.rbegin(); s != segments_.rend(); ++s) {
    const segment_index& about = (*s)->index();
    if (index >= about.base_index() && !about.empty())
      return stretch{*s, about.position_for_index(index), about.file_bytes()};
  }
  return std::nullopt;
}

std::optional<group_storage::stretch> group_storage::stretch_for_offset(record_offset offset) const {
  for (const auto& s : segments_) {
    const segment_index& about = s->index();
    if (!about.empty() && about.next_offset() > offset)
      return stretch{s, about.position_for_offset(offset), about.file_bytes()};
  }
  return std::nullopt;
}

std::optional<group_storage::stretch> group_storage::stretch_for_time(std::int64_t append_time_ms) const {
  for (const auto& s : segments_) {
    const segment_index& about = s->index();
    if (!about.empty() && about.last_time_ms() >= append_time_ms)
      return stretch{s, about.position_for_time(append_time_ms), about.file_bytes()};
  }
  return std::nullopt;
}

result<std::optional<std::size_t>> group_storage::read_stretch(const stretch& where, log_index from,
                                                               log_index to, std::size_t budget_bytes,
                                                               std::vector<entry>& target) {
  segment_cursor cursor(where.source->data(), where.begin, where.end,
                        std::clamp(budget_bytes, least_piece_bytes, most_piece_bytes));
  while (true) {
    auto header = cursor.peek();
    if (!header) return fail(header, where.source->path());
    if (!*header) return std::optional<std::size_t>(budget_bytes);
    if ((*header)->e.index < from) {
      cursor.skip();
      continue;
    }
    const std::size_t size = (*header)->total_bytes();
    if ((*header)->e.index >= to || (size > budget_bytes && !target.empty()))
      return std::optional<std::size_t>();
    auto e = cursor.take();
    if (!e) return fail(e, where.source->path());
    target.push_back(std::move(*e));
    if (size >= budget_bytes) return std::optional<std::size_t>();
    budget_bytes -= size;
  }
}

result<std::vector<entry>> group_storage::read(log_index from, log_index to, std::size_t max_bytes) const {
  std::vector<entry> entries;
  if (from < first_index())
    return fail(error_code::not_found, fmt::format("entry {} is no longer here, the log begins with {}",
                                                   from.value(), first_index().value()));
  std::optional<std::size_t> budget = max_bytes;
  while (budget && from < to) {
    std::optional<stretch> where;
    {
      const std::lock_guard guard(mutex_);
      where = stretch_for_index(from);
      if (!where) {
        (void)tail_.copy(from, to, *budget, entries);
        return entries;
      }
    }
    const std::size_t before = entries.size();
    auto left = read_stretch(*where, from, to, *budget, entries);
    if (!left) note_damage(left.error(), *where->source);
    // What was read so far is good; the next call meets the damage.
    if (!left && entries.empty()) return fail(left);
    if (!left || entries.size() == before) return entries;
    budget = *left;
    from = entries.back().index + 1;
  }
  return entries;
}

result<std::optional<log_index>> group_storage::index_of_offset(record_offset offset) const {
  std::optional<stretch> where;
  {
    const std::lock_guard guard(mutex_);
    where = stretch_for_offset(offset);
    if (!where) return tail_.first_reaching_past(offset);
  }
  segment_cursor cursor(where->source->data(), where->begin, where->end, least_piece_bytes);
  while (true) {
    auto header = cursor.peek();
    if (!header) note_damage(header.error(), *where->source);
    if (!header) return fail(header, where->source->path());
    if (!*header) return fail(error_code::corrupt, where->source->path() + " ends before its index says");
    if ((*header)->e.next_offset() > offset) return std::optional<log_index>((*header)->e.index);
    cursor.skip();
  }
}

result<std::vector<entry>> group_storage::read_from_offset(record_offset from, record_offset below,
                                                           std::size_t max_bytes) const {
  if (from < log_start_offset())
    return fail(error_code::not_found,
                fmt::format("offset {} is below the log start {}", from.value(), log_start_offset().value()));
  std::vector<entry> found;
  const auto start = index_of_offset(from);
  if (!start) return fail(start);
  if (!*start) return found;
  std::size_t budget = max_bytes;
  for (log_index next = **start;;) {
    auto entries = read(next, last_index() + 1, budget);
    if (!entries && found.empty()) return fail(entries);
    if (!entries || entries->empty()) return found;
    next = entries->back().index + 1;
    bool first = found.empty();
    for (entry& e : *entries) {
      if (e.base_offset >= below) return found;
      const std::size_t size = e.encoded_bytes();
      if (size > budget && !first) return found;
      budget -= std::min(budget, size);
      if (e.record_count == 0) continue;
      first = false;
      found.push_back(std::move(e));
    }
    if (budget == 0 && !found.empty()) return found;
  }
}

std::optional<log_index> group_storage::first_index_at_or_after(std::int64_t append_time_ms) const {
  std::optional<stretch> where;
  {
    const std::lock_guard guard(mutex_);
    where = stretch_for_time(append_time_ms);
    if (!where) return tail_.first_at_or_after(append_time_ms);
  }
  segment_cursor cursor(where->source->data(), where->begin, where->end, least_piece_bytes);
  while (true) {
    const auto header = cursor.peek();
    if (!header || !*header) return std::nullopt;
    if ((*header)->e.append_time_ms >= append_time_ms) return (*header)->e.index;
    cursor.skip();
  }
}

}  // namespace marquee::raft
