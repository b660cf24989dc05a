#include "tests/raft_paper/test_group.h"

#include <utility>

#include "base/assert.h"
#include "raft/core/entry_codec.h"

namespace marquee::raft::testing {

replica_id replica(int number, int incarnation) {
  return {broker_id(number), incarnation_id(incarnation)};
}

configuration voters(std::initializer_list<int> numbers) {
  configuration members;
  for (const int number : numbers) members.voters.push_back(replica(number));
  return members;
}

std::vector<entry> log_with_terms(std::initializer_list<int> terms) {
  std::vector<entry> entries;
  for (const int term : terms) {
    entry e;
    e.term = term_number(term);
    e.index = log_index(static_cast<std::int64_t>(entries.size()) + 1);
    e.type = entry_type::data;
    e.base_offset = record_offset(static_cast<std::int64_t>(entries.size()));
    e.record_count = 1;
    e.append_time_ms = 1000 + e.index.value();
    seal_entry(e);
    entries.push_back(e);
  }
  return entries;
}

proposal records(const std::string& text, std::int64_t base_offset, int count) {
  proposal wanted;
  wanted.base_offset = record_offset(base_offset);
  wanted.record_count = count;
  wanted.payload = {shared_bytes::of(text)};
  return wanted;
}

test_replica::test_replica(replica_id self, configuration members, hard_state hard,
                           std::vector<entry> entries, log_index commit, node_options options)
    : self_(self), members_(std::move(members)), options_(options) {
  options_.self = self;
  const bool newly_created = entries.empty() && hard.term == term_number(0);
  log_.preset(hard, std::move(entries));
  start(commit, newly_created);
}

void test_replica::start(log_index commit, bool newly_created) {
  restored_state restored;
  restored.hard = log_.hard();
  restored.base_configuration = members_;
  restored.commit_index = commit;
  restored.newly_created = newly_created;
  restored.doubt = log_.doubt();
  held_.clear();
  newest_persist_ = 0;
  node_ = std::make_unique<node>(options_, std::move(restored), log_);
  node_->tick(now_ms_, now_ms_);
}

void test_replica::restart() {
  log_.crash();
  start(log_index(0), false);
}

void test_replica::be_relaxed() {
  log_.be_relaxed();
  node_->losses_are_possible();
}

void test_replica::lose_power(std::size_t survivors) {
  log_.lose_power(survivors);
  start(log_index(0), false);
}

void test_replica::handle_work() {
  while (node_->has_work()) {
    work todo = node_->take_work();
    if (todo.persist) {
      newest_persist_ = todo.persist->id;
      log_.persist(std::move(*todo.persist));
    }
    for (message& m : todo.send_now) sent_.push_back(std::move(m));
    for (message& m : todo.send_after_persist) held_.emplace_back(newest_persist_, std::move(m));
    events_.insert(events_.end(), todo.events.begin(), todo.events.end());
    reads_.insert(reads_.end(), todo.reads.begin(), todo.reads.end());
    if (!disk_is_stuck) sync();
  }
}

std::vector<std::string> test_replica::take_events() {
  std::vector<std::string> told;
  for (const node_event& each : std::exchange(events_, {}))
    told.push_back((each.pre_vote ? "pre " : "") + std::string(to_string(each.kind)) + " " +
                   std::to_string(each.term.value()) +
                   (each.other ? " " + std::to_string(each.other->broker.value()) : "") +
                   (each.why.empty() ? "" : ": " + each.why));
  return told;
}

void test_replica::sync() {
  while (log_.has_waiting()) {
    const std::uint64_t id = log_.sync_one();
    node_->persisted(id);
    std::vector<std::pair<std::uint64_t, message>> still;
    for (auto& [wanted, m] : held_) {
      if (wanted <= id)
        sent_.push_back(std::move(m));
      else
        still.emplace_back(wanted, std::move(m));
    }
    held_ = std::move(still);
  }
  if (node_->has_work()) handle_work();
}

void test_replica::pass(std::int64_t duration_ms) {
  for (const std::int64_t end = now_ms_ + duration_ms; now_ms_ < end;) {
    now_ms_ += 10;
    node_->tick(now_ms_, 0);
    handle_work();
  }
}

bool test_replica::pass_until(std::int64_t at_most_ms, const std::function<bool()>& done) {
  handle_work();
  for (std::int64_t passed = 0; passed < at_most_ms && !done(); passed += 10) pass(10);
  return done();
}

void test_replica::receive(const message& m) {
  node_->step(m);
  handle_work();
}

std::vector<message> test_replica::take_sent() {
  handle_work();
  return std::exchange(sent_, {});
}

std::vector<message> test_replica::take_sent(message_type type) {
  std::vector<message> wanted;
  std::vector<message> others;
  for (message& m : take_sent()) (m.type == type ? wanted : others).push_back(std::move(m));
  sent_ = std::move(others);
  return wanted;
}

std::vector<read_ready> test_replica::take_reads() {
  handle_work();
  return std::exchange(reads_, {});
}

std::vector<int> test_replica::terms() const {
  std::vector<int> terms;
  for (log_index i = log_.first_index(); i <= log_.last_index(); ++i)
    terms.push_back(static_cast<int>(log_.term_at(i)->value()));
  return terms;
}

message test_replica::from(int sender, message_type type) const {
  message m;
  m.type = type;
  m.from = replica(sender);
  m.to = self_;
  m.term = node_->term();
  return m;
}

void test_replica::become_leader() {
  const bool stood = pass_until(5000, [this] { return own_role() == role::pre_candidate; });
  MARQUEE_ASSERT(stood, "a voter that hears nothing stands for election");
  for (const message& request : take_sent(message_type::pre_vote_request)) {
    message grant = from(request.to.broker.value(), message_type::pre_vote_response);
    grant.term = request.term;
    grant.context = request.context;
    receive(grant);
  }
  for (const message& request : take_sent(message_type::vote_request))
    receive(from(request.to.broker.value(), message_type::vote_response));
  MARQUEE_ASSERT(own_role() == role::leader, "whom everybody votes for leads");
}

test_group::test_group(int size, node_options options) {
  configuration members;
  for (int number = 1; number <= size; ++number) members.voters.push_back(replica(number));
  for (int number = 1; number <= size; ++number)
    replicas_[number] = std::make_unique<test_replica>(replica(number), members, hard_state{},
                                                       std::vector<entry>{}, log_index(0), options);
}

void test_group::isolate(int number) {
  for (const auto& [other, unused] : replicas_) {
    cut(number, other);
    cut(other, number);
  }
}

void test_group::deliver_all() {
  for (bool any = true; any;) {
    any = false;
    for (auto& [number, sender] : replicas_) {
      for (const message& m : sender->take_sent()) {
        any = true;
        const int to = m.to.broker.value();
        if (cut_.contains({number, to}) || !replicas_.contains(to)) continue;
        if (let_through && !let_through(m)) continue;
        replicas_[to]->receive(m);
      }
    }
  }
}

void test_group::pass(std::int64_t duration_ms) {
  for (std::int64_t passed = 0; passed < duration_ms; passed += 10) {
    for (auto& [number, one] : replicas_) one->pass(10);
    deliver_all();
  }
}

int test_group::leader() const {
  int found = 0;
  term_number highest;
  for (const auto& [number, one] : replicas_)
    if (one->core().is_leader() && one->core().term() >= highest) {
      found = number;
      highest = one->core().term();
    }
  return found;
}

int test_group::elect(std::int64_t at_most_ms) {
  deliver_all();
  for (std::int64_t passed = 0; passed < at_most_ms; passed += 10) {
    const int now = leader();
    if (now != 0) {
      test_replica& one = *replicas_[now];
      const log_index commit = one.core().commit_index();
      if (commit > log_index(0) && one.log().at(commit).term == one.core().term()) return now;
    }
    pass(10);
  }
  return 0;
}

void test_group::elect_this(int number) {
  const int now = elect();
  if (now == number) return;
  MARQUEE_ASSERT(replicas_[now]->core().transfer_leadership(replica(number)),
                 "a voter can be handed over to");
  deliver_all();
  pass(200);
  MARQUEE_ASSERT(leader() == number, "a transfer between healthy replicas succeeds");
}

}  // namespace marquee::raft::testing
