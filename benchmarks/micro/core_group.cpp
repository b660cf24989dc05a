#include "benchmarks/micro/core_group.h"

#include <utility>

#include "base/assert.h"

namespace marquee::micro {

void newest_entries::persist(const raft::persist_request& request) {
  if (request.truncate_from)
    while (last_index() >= *request.truncate_from) entries_.pop_back();
  entries_.insert(entries_.end(), request.entries.begin(), request.entries.end());
  while (entries_.size() > kept) {
    term_before_ = entries_.front().term;
    entries_.pop_front();
    ++first_;
  }
}

std::optional<term_number> newest_entries::term_at(log_index index) const {
  if (index == first_ - 1) return term_before_;
  if (index < first_ || index > last_index()) return std::nullopt;
  return at(index).term;
}

result<std::vector<raft::entry>> newest_entries::read(log_index from, log_index to,
                                                      std::size_t max_bytes) const {
  if (from < first_) return fail(error_code::not_found, "it was dropped");
  std::vector<raft::entry> found;
  std::size_t total = 0;
  for (log_index next = from; next < to; ++next) {
    total += at(next).encoded_bytes();
    if (!found.empty() && total > max_bytes) break;
    found.push_back(at(next));
  }
  return found;
}

core_group::core_group() {
  raft::restored_state restored;
  restored.newly_created = true;
  for (std::int32_t i = 0; i < 3; ++i)
    restored.base_configuration.voters.push_back({broker_id(i), incarnation_id(1)});
  for (const replica_id& self : restored.base_configuration.voters) {
    member& one = members_.emplace_back();
    raft::node_options options;
    options.self = self;
    one.core = std::make_unique<raft::node>(options, restored, one.log);
  }
  const auto has_leader = [this] {
    for (leader_ = 0; leader_ < members_.size(); ++leader_)
      if (leader().core->is_leader()) return true;
    return false;
  };
  for (int i = 0; i < 1000 && !has_leader(); ++i) pass_ms(10);
  MARQUEE_ASSERT(has_leader(), "three healthy replicas elect a leader");
}

bool core_group::propose(const shared_bytes& payload) {
  raft::proposal wanted;
  wanted.base_offset = next_offset_;
  wanted.record_count = 1;
  wanted.payload = {payload};
  if (!members_[leader_].core->propose(std::move(wanted))) return false;
  ++next_offset_;
  return true;
}

bool core_group::work_of(member& one) {
  if (!one.core->has_work()) return false;
  raft::work todo = one.core->take_work();
  if (todo.persist) {
    one.log.persist(*todo.persist);
    one.core->persisted(todo.persist->id);
  }
  one.core->applied(todo.commit_index);
  for (const auto* sent : {&todo.send_now, &todo.send_after_persist})
    for (const raft::message& m : *sent)
      members_[static_cast<std::size_t>(m.to.broker.value())].core->step(m);
  return true;
}

void core_group::settle() {
  for (bool any = true; any;) {
    any = false;
    for (member& one : members_) any = work_of(one) || any;
  }
}

void core_group::pass_ms(std::int64_t duration_ms) {
  now_ms_ += duration_ms;
  for (member& one : members_) one.core->tick(now_ms_, 0);
  settle();
}

}  // namespace marquee::micro
