#include "raft/core/log_view.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"

namespace marquee::raft {

log_index log_view::last_stored() const {
  return truncated_from_ ? *truncated_from_ - 1 : log_.last_index();
}

log_index log_view::last_index() const {
  return last_stored() + static_cast<std::int64_t>(pending_.size());
}

term_number log_view::last_term() const {
  const auto term = term_at(last_index());
  MARQUEE_ASSERT(term.has_value(), "a log knows the term of its last entry");
  return *term;
}

std::optional<term_number> log_view::term_at(log_index index) const {
  const log_index stored = last_stored();
  if (index <= stored) return log_.term_at(index);
  if (index > last_index()) return std::nullopt;
  return pending_[static_cast<std::size_t>(index - stored - 1)].term;
}

log_index log_view::last_with_term_at_most(term_number term, log_index upper) const {
  log_index low = first_index() - 1;
  log_index high = std::max(low, std::min(upper, last_index()));
  while (low < high) {
    const log_index middle = low + (high - low + 1) / 2;
    const auto there = term_at(middle);
    MARQUEE_ASSERT(there.has_value(), "a log knows the terms of its entries");
    if (*there <= term)
      low = middle;
    else
      high = middle - 1;
  }
  return low;
}

result<std::vector<entry>> log_view::read(log_index from, log_index to, std::size_t max_bytes) const {
  const log_index stored = last_stored();
  to = std::min(to, last_index() + 1);
  std::vector<entry> entries;
  std::size_t total = 0;
  if (from <= stored) {
    auto read = log_.read(from, std::min(to, stored + 1), max_bytes);
    if (!read) return read;
    entries = std::move(*read);
    for (const entry& e : entries) total += e.encoded_bytes();
  }
  for (std::size_t i = 0; i < entries.size(); ++i)
    MARQUEE_ASSERT(entries[i].index == from + static_cast<std::int64_t>(i), "a log is read without holes");
  for (log_index next = from + static_cast<std::int64_t>(entries.size()); next > stored && next < to;
       ++next) {
    const entry& e = pending_[static_cast<std::size_t>(next - stored - 1)];
    if (!entries.empty() && total + e.encoded_bytes() > max_bytes) break;
    total += e.encoded_bytes();
    entries.push_back(e);
  }
  return entries;
}

void log_view::append(entry next) {
  MARQUEE_ASSERT(next.index == last_index() + 1, "entries are appended without holes");
  pending_.push_back(std::move(next));
}

void log_view::truncate_from(log_index from) {
  const log_index stored = last_stored();
  if (from > last_index()) return;
  if (from <= stored) {
    truncated_from_ = from;
    pending_.clear();
  } else {
    pending_.resize(static_cast<std::size_t>(from - stored - 1));
  }
}

void log_view::take_pending(persist_request& request) {
  request.truncate_from = std::exchange(truncated_from_, std::nullopt);
  request.entries = std::exchange(pending_, {});
}

}  // namespace marquee::raft
