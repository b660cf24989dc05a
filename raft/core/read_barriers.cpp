#include "raft/core/read_barriers.h"

#include <optional>

namespace marquee::raft {

bool read_barriers::add(std::uint64_t id) {
  if (waiting_.size() >= most) return false;
  waiting_.push_back({id, 0, log_index(0)});
  return true;
}

bool read_barriers::wants_round() const {
  return !waiting_.empty() && waiting_.back().round == 0;
}

void read_barriers::begin_round(log_index commit) {
  ++round_;
  for (auto read = waiting_.rbegin(); read != waiting_.rend() && read->round == 0; ++read) {
    read->round = round_;
    read->index = commit;
  }
}

void read_barriers::take_confirmed(const std::function<bool(std::uint64_t round)>& is_confirmed,
                                   std::vector<read_ready>& ready) {
  while (!waiting_.empty() && waiting_.front().round != 0 && is_confirmed(waiting_.front().round)) {
    ready.push_back({waiting_.front().id, waiting_.front().index});
    waiting_.pop_front();
  }
}

void read_barriers::refuse_all(std::vector<read_ready>& ready) {
  for (const waiting_read& read : waiting_) ready.push_back({read.id, std::nullopt});
  waiting_.clear();
}

}  // namespace marquee::raft
