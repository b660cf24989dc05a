#include "raft/storage/entry_tail.h"

#include <algorithm>
#include <utility>

namespace marquee::raft {

entry_tail::entry_tail(std::deque<entry> entries) : entries_(std::move(entries)) {
  for (const entry& e : entries_) size_bytes_ += e.encoded_bytes();
}

const entry* entry_tail::find(log_index index) const {
  if (entries_.empty() || index < entries_.front().index || index > entries_.back().index) return nullptr;
  return &entries_[static_cast<std::size_t>(index - entries_.front().index)];
}

void entry_tail::append(const entry& e) {
  entries_.push_back(e);
  size_bytes_ += e.encoded_bytes();
}

void entry_tail::truncate(log_index from) {
  while (!entries_.empty() && entries_.back().index >= from) {
    size_bytes_ -= entries_.back().encoded_bytes();
    entries_.pop_back();
  }
}

void entry_tail::drop_up_to(log_index last) {
  while (!entries_.empty() && entries_.front().index <= last) {
    size_bytes_ -= entries_.front().encoded_bytes();
    entries_.pop_front();
  }
}

std::optional<std::size_t> entry_tail::copy(log_index from, log_index to, std::size_t budget_bytes,
                                            std::vector<entry>& target) const {
  for (const entry* e = find(from); e != nullptr && e->index < to; e = find(from)) {
    const std::size_t size = e->encoded_bytes();
    if (size > budget_bytes && !target.empty()) return std::nullopt;
    target.push_back(*e);
    if (size >= budget_bytes) return std::nullopt;
    budget_bytes -= size;
    ++from;
  }
  return budget_bytes;
}

std::optional<log_index> entry_tail::first_reaching_past(record_offset offset) const {
  const auto found =
      std::ranges::partition_point(entries_, [&](const entry& e) { return e.next_offset() <= offset; });
  if (found == entries_.end()) return std::nullopt;
  return found->index;
}

std::optional<log_index> entry_tail::first_at_or_after(std::int64_t append_time_ms) const {
  const auto found = std::ranges::partition_point(
      entries_, [&](const entry& e) { return e.append_time_ms < append_time_ms; });
  if (found == entries_.end()) return std::nullopt;
  return found->index;
}

}  // namespace marquee::raft
