#include "raft/core/membership.h"

#include <utility>

namespace marquee::raft {

membership::membership(configuration base) {
  history_.push_back({log_index(0), std::move(base)});
}

void membership::append(log_index index, configuration members) {
  history_.push_back({index, std::move(members)});
}

bool membership::truncate_from(log_index index) {
  const std::size_t before = history_.size();
  while (history_.size() > 1 && history_.back().index >= index) history_.pop_back();
  return history_.size() != before;
}

void membership::committed(log_index index) {
  while (history_.size() > 1 && history_[1].index <= index) history_.pop_front();
}

}  // namespace marquee::raft
