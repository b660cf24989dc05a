#pragma once

#include <algorithm>
#include <deque>
#include <optional>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "broker/partition.h"
#include "net/event_loop.h"
#include "raft/runtime/replica.h"

namespace marquee::broker {

/// A group's log in memory.
class fake_log final : public raft::group_log {
 public:
  std::vector<raft::entry> entries;  ///< index 1 first
  record_offset start{};
  std::optional<error_code> read_error;

  log_index first_index() const override { return log_index(1); }
  log_index last_index() const override { return log_index(static_cast<std::int64_t>(entries.size())); }
  std::optional<term_number> term_at(log_index) const override { return std::nullopt; }
  result<std::vector<raft::entry>> read(log_index, log_index, std::size_t) const override { return {}; }
  result<> persist(const raft::persist_request&, raft::durability, raft::persist_done) override { return {}; }
  record_offset next_offset() const override {
    return entries.empty() ? record_offset(0) : entries.back().next_offset();
  }
  record_offset log_start_offset() const override { return start; }
  result<std::vector<raft::entry>> read_from_offset(record_offset from, record_offset below,
                                                    std::size_t max_bytes) const override {
    if (read_error) return fail(*read_error, "refused by the test");
    std::vector<raft::entry> found;
    std::size_t total = 0;
    for (const raft::entry& one : entries) {
      if (one.record_count == 0 || one.next_offset() <= from || one.base_offset >= below) continue;
      total += one.payload_bytes();
      if (!found.empty() && total > max_bytes) break;
      found.push_back(one);
    }
    return found;
  }
  std::optional<log_index> first_index_at_or_after(std::int64_t) const override { return std::nullopt; }
  raft::configuration configuration_at(log_index) const override { return {}; }
  bool needs_state_block() const override { return false; }
  void set_segment_bytes(std::uint64_t) override {}
  std::uint64_t size_bytes() const override { return 0; }
  bool wants_new_segment() const override { return false; }
  void end_segment_older_than(std::int64_t append_time_ms) override { ended_before_ms = append_time_ms; }
  std::vector<raft::segment_summary> segments() const override { return summaries; }
  void raise_log_start(const raft::log_start_mark& mark) override { start = mark.offset; }
  void drop_old_segments() override {}

  std::vector<raft::segment_summary> summaries;
  std::optional<std::int64_t> ended_before_ms;
};

/// A replica whose commits, elections and losses the test decides.
class fake_replica final : public raft::replica {
 public:
  explicit fake_replica(const clock& time)
      : registry_metrics(registry), machine_(*this, {time, registry_metrics, {}}) {}

  const group_id& group() const override { return group_; }
  replica_id self() const override { return {broker_id(1), incarnation_id(1)}; }
  net::event_loop& loop() const override { std::abort(); }
  void set_options(const raft::group_options&) override {}
  result<log_index> propose(raft::proposal wanted, raft::proposal_done done) override {
    if (!leads_) return fail(error_code::not_leader, "another replica leads");
    if (propose_error) return fail(*propose_error, "refused by the test");
    raft::entry added;
    added.term = term_;
    added.index = log_index(static_cast<std::int64_t>(log_.entries.size()) + 1);
    added.type = wanted.type;
    added.base_offset = wanted.base_offset;
    added.record_count = wanted.record_count;
    added.append_time_ms = wanted.append_time_ms;
    added.head = wanted.head;
    added.payload = wanted.payload;
    log_.entries.push_back(added);
    proposed_.push_back({added, std::move(done)});
    return added.index;
  }
  void read_barrier(std::function<void(result<>)> done) override { barriers.push_back(std::move(done)); }
  result<> transfer_leadership(replica_id, raft::transfer_reason) override { return {}; }
  result<> campaign() override { return {}; }
  void tend_segments(std::int64_t append_time_ms) override { log_.end_segment_older_than(append_time_ms); }
  bool is_leader() const override { return leads_; }
  bool is_leader_ready() const override { return leads_; }
  std::optional<replica_id> leader() const override { return leads_ ? self() : other; }
  term_number term() const override { return term_; }
  log_index commit_index() const override { return {}; }
  log_index applied_index() const override { return applied; }
  raft::node_status status() const override { return now; }
  const raft::group_log& log() const override { return log_; }
  raft::state_machine& machine() const override { return const_cast<broker::partition&>(machine_); }
  const std::string& fenced() const override { return fenced_; }

  void lead() {
    ++term_;
    leads_ = true;
    machine_.leadership_changed({raft::role::leader, term_, self()});
    machine_.leader_ready(term_);
  }
  /// Commits and applies the oldest entry that was proposed.
  void commit_one() {
    auto [entry, done] = std::move(proposed_.front());
    proposed_.pop_front();
    machine_.apply(entry);
    done(raft::proposal_outcome{entry.index, entry.term, 10, 20, 30});
  }
  void commit_all() {
    while (!proposed_.empty()) commit_one();
  }
  /// Another replica leads; whether what was proposed survives is decided elsewhere.
  void lose_leadership() {
    leads_ = false;
    ++term_;
    for (auto& [entry, done] : std::exchange(proposed_, {}))
      done(fail(error_code::not_leader, "leadership was lost"));
    machine_.leadership_changed({raft::role::follower, term_, other});
  }
  /// Another replica leads, which holds the oldest `survivors` of what was proposed and commits them; the
  /// rest is cut off.
  void lose_leadership_keeping(std::size_t survivors) {
    const std::size_t lost = proposed_.size() - std::min(survivors, proposed_.size());
    std::vector<raft::entry> kept;
    for (std::size_t i = 0; i < proposed_.size() - lost; ++i) kept.push_back(proposed_[i].first);
    lose_leadership();
    log_.entries.resize(log_.entries.size() - lost);
    for (const raft::entry& entry : kept) machine_.apply(entry);
  }
  [[nodiscard]] std::size_t proposed() const { return proposed_.size(); }
  [[nodiscard]] broker::partition& served() { return machine_; }
  [[nodiscard]] fake_log& entries() { return log_; }

  std::vector<std::function<void(result<>)>> barriers;
  std::optional<error_code> propose_error;
  log_index applied{};
  raft::node_status now{};
  std::optional<replica_id> other = replica_id{broker_id(2), incarnation_id(1)};
  metrics_registry registry;
  broker_metrics registry_metrics;

 private:
  group_id group_{};
  term_number term_{0};
  bool leads_ = false;
  fake_log log_;
  std::deque<std::pair<raft::entry, raft::proposal_done>> proposed_;
  std::string fenced_;
  broker::partition machine_;
};

}  // namespace marquee::broker
