#include "tests/simulation/simulation.h"

#include <algorithm>

#include "raft/core/message_codec.h"
#include "tests/simulation/simulated_group.h"
#include "tests/simulation/trace.h"
#include "tests/simulation/violation.h"

namespace marquee::raft::simulation {
namespace {

constexpr std::int64_t tick_us = 10'000;
/// Generous: an election takes at most some seconds of virtual time once nothing fails any more.
constexpr std::int64_t back_to_life_us = 20'000'000;

replica_id replica(int number) {
  return {broker_id(number), incarnation_id(100 + number)};
}

configuration choose_members(random_source& random) {
  configuration members;
  const std::uint64_t kind = random.below(20);
  const int size = kind == 0 ? 1 : kind == 1 ? 2 : kind == 2 ? 4 : kind < 12 ? 3 : 5;
  for (int number = 1; number <= size; ++number) members.voters.push_back(replica(number));
  if (kind == 19) {
    // Joint: three of the five, and the other way round.
    members.outgoing_voters = {members.voters[0], members.voters[3], members.voters[4]};
    members.voters.resize(3);
  }
  if (random.chance(1, 5)) members.learners = {replica(9)};
  return members;
}

}  // namespace

simulated_group::simulated_group(const simulation_options& options)
    : random_(options.seed * 0x9e3779b97f4a7c15ULL + 12345),
      trace_(options.trace),
      relaxed_(options.relaxed),
      damaged_(options.damaged),
      damage_is_overlooked_(options.damage_is_overlooked) {
  members_ = choose_members(random_);
  // What a learner has when every voter has lost it is no question of consensus: see raft_paper/doubt_test.
  if (relaxed_ || damaged_) members_.learners.clear();
  if (relaxed_) majorities_lose_power_ = random_.chance(1, 2);
  rules_ =
      std::make_unique<invariants>(members_, [this](const replica_id& replica) -> const testing::memory_log& {
        return by_broker(replica.broker).log();
      });
  fault_interval_us_ = random_.between(10, 500) * 1000;
  write_interval_us_ = random_.between(2, 40) * 1000;
  change_weather();
  add_replicas(options);
  for (const auto& one : replicas_) {
    after(random_.between(0, 300'000), [this, &one] {
      one->start();
      tick_forever(*one);
    });
  }
  write_forever();
  fail_forever();
}

void simulated_group::add_replicas(const simulation_options& options) {
  node_options node;
  constexpr std::size_t append_sizes[] = {1, 1, 300, std::size_t{1} << 20};
  constexpr std::size_t windows[] = {1, 1, 2, 32};
  node.append_bytes_most = append_sizes[random_.below(4)];
  node.inflight_appends_most = windows[random_.below(4)];
  node.uncommitted_bytes_most = 4'000;
  // Short time-outs give more elections in as many steps.
  constexpr std::int64_t time_outs_ms[] = {100, 200, 500};
  node.election_timeout_least_ms = time_outs_ms[random_.below(3)];
  node.election_timeout_most_ms = node.quorum_timeout_ms = 2 * node.election_timeout_least_ms;
  node.heartbeat_interval_ms = node.election_timeout_least_ms / 5;
  simulated_disk_options disk;
  disk.sync_most_us = random_.between(1, 30) * 1000;
  disk.forgets_votes = options.disk_forgets_votes;
  disk.log_start_at_append = options.log_start_at_append;
  disk.newest_log_start_wins = options.newest_log_start_wins;
  disk.damages = damaged_;
  if (relaxed_) disk.relaxed_sync_us = random_.between(10, 300) * 1000;
  simulated_fate fate;
  if (random_.chance(1, 2)) fate.leader_dies_young_percent = random_.below(90);
  if (random_.chance(1, 2)) fate.voter_dies_young_percent = random_.below(90);
  for (const replica_id& member : members_.members()) {
    node.self = member;
    replicas_.push_back(std::make_unique<simulated_replica>(*this, node, members_, disk, fate));
  }
}

void simulated_group::after(std::int64_t delay_us, std::function<void()> what) {
  events_.push({now_us_ + delay_us, ++sequence_, std::move(what)});
}

void simulated_group::step() {
  // std::priority_queue gives no way to move its top out; the comparison does not look at `what`.
  event next = std::move(const_cast<event&>(events_.top()));
  events_.pop();
  now_us_ = next.at_us;
  ++counts_.events;
  next.what();
  rules_->committed_is_durable();
  rules_->nobody_lacks_what_others_dropped();
}

void simulated_group::run(std::uint64_t steps) {
  for (std::uint64_t i = 0; i < steps; ++i) step();
}

void simulated_group::heal_and_come_back_to_life() {
  if (tracing()) trace("---- everything is healed");
  healed_ = true;
  cut_.clear();
  weather_ = {};
  for (const auto& one : replicas_) {
    one->be_healthy();
    one->start();
  }
  // Half of the time nobody says that connections are back: progress must not depend on it.
  if (random_.chance(1, 2)) {
    for (const auto& one : replicas_)
      for (const auto& other : replicas_)
        if (one != other) one->peer_up(other->id().broker);
  }
  const log_index before = rules_->highest_committed();
  run_until(back_to_life_us, [&] { return rules_->highest_committed() >= before + 5; });
  writing_ = false;
  // With a window of one append of one entry, catching up costs a round trip and a sync for each.
  std::int64_t behind = 0;
  for (const auto& one : replicas_) behind = std::max(behind, rules_->highest_committed() - one->applied());
  run_until(back_to_life_us + behind * 50'000,
            [&] { return everybody_applied(rules_->highest_committed()); });
  for (const auto& one : replicas_) rules_->everything_acknowledged_is_there(one->id());
}

void simulated_group::run_until(std::int64_t at_most_us, const std::function<bool()>& done) {
  for (const std::int64_t end = now_us_ + at_most_us; !done();) {
    if (now_us_ > end)
      throw violation("liveness: the faults are over, but the group does not come back to life");
    step();
  }
}

bool simulated_group::everybody_applied(log_index index) const {
  return std::ranges::all_of(replicas_, [&](const auto& one) { return one->applied() >= index; });
}

void simulated_group::send(const message& m) {
  ++counts_.messages;
  const bool is_lost =
      cut_.contains({m.from.broker, m.to.broker}) || random_.below(1000) < weather_.lost_per_mille;
  if (tracing()) trace(describe(m) + (is_lost ? "  (LOST)" : ""));
  if (is_lost) return;
  const int copies = random_.below(1000) < weather_.repeated_per_mille ? 2 : 1;
  for (int i = 0; i < copies; ++i) {
    const bool is_late = random_.below(1000) < weather_.late_per_mille;
    const std::int64_t delay_us = is_late
                                      ? random_.between(20'000, random_.chance(1, 2) ? 200'000 : 3'000'000)
                                      : random_.between(weather_.delay_least_us, weather_.delay_most_us);
    after(delay_us, [this, m] { deliver(m); });
  }
  // Requests for votes are rare, and dangerous when they come again after a crash: more of them do.
  if (!healed_ && m.type == message_type::vote_request && random_.chance(1, 2))
    after(random_.between(5'000, 200'000), [this, m] { deliver(m); });
}

void simulated_group::deliver(const message& m) {
  if (cut_.contains({m.from.broker, m.to.broker})) return;
  // Through its bytes, as between brokers.
  bytes wire;
  for (const shared_bytes& part : encode_message(m))
    wire.insert(wire.end(), part.view().begin(), part.view().end());
  const auto arrived = decode_message(shared_bytes::of(std::move(wire)));
  if (!arrived) throw violation("a message cannot be read back: " + arrived.error().message);
  by_broker(m.to.broker).receive(*arrived);
}

void simulated_group::crashed(const replica_id& replica) {
  ++counts_.crashes;
  // The others see their connections break a moment later, if the network lets them.
  for (const auto& other : replicas_) {
    if (other->id() == replica || random_.chance(1, 4)) continue;
    after(random_.between(0, 20'000), [&one = *other, replica] { one.peer_down(replica.broker); });
  }
  restart_later(by_broker(replica.broker));
}

void simulated_group::tick_forever(simulated_replica& one) {
  one.tick();
  after(tick_us, [this, &one] { tick_forever(one); });
}

void simulated_group::write_forever() {
  if (!writing_) return;
  simulated_replica* target = random_.chance(1, 10) ? &any() : leader();
  if (target != nullptr) {
    for (std::uint64_t burst = random_.chance(1, 10) ? 10 : 1; burst > 0; --burst) (void)target->propose();
    if (random_.chance(1, 4)) target->read();
    if (random_.chance(1, 8)) target->propose_log_start();
  }
  after(random_.between(0, 2 * write_interval_us_), [this] { write_forever(); });
}

simulated_replica& simulated_group::any() {
  return *replicas_[random_.below(replicas_.size())];
}

/// Any of those who think that they lead.
simulated_replica* simulated_group::leader() {
  const std::size_t begin = random_.below(replicas_.size());
  for (std::size_t i = 0; i < replicas_.size(); ++i) {
    simulated_replica& one = *replicas_[(begin + i) % replicas_.size()];
    if (one.is_leader()) return &one;
  }
  return nullptr;
}

simulated_replica& simulated_group::by_broker(broker_id broker) {
  for (const auto& one : replicas_)
    if (one->id().broker == broker) return *one;
  throw violation("a message goes to a broker that there is not");
}

void simulated_group::trace(const std::string& line) {
  trace_(std::to_string(now_us_ / 1000) + "." + std::to_string(1000 + now_us_ % 1000).substr(1) + "  " +
         line);
}

simulation_report simulated_group::report() const {
  simulation_report report = counts_;
  report.acknowledged = rules_->acknowledged();
  report.lost = rules_->lost();
  report.terms = rules_->terms_with_leader();
  report.dropped = static_cast<std::uint64_t>(rules_->highest_log_start().value());
  report.virtual_ms = now_us_ / 1000;
  return report;
}

simulation_report run_simulation(const simulation_options& options) {
  simulated_group group(options);
  std::string found;
  try {
    group.run(options.steps);
    group.heal_and_come_back_to_life();
  } catch (const violation& broken) {
    found = broken.what();
  }
  simulation_report report = group.report();
  report.violation = found;
  return report;
}

std::string replay_command(const simulation_options& options) {
  return "simulate --seed " + std::to_string(options.seed) + " --steps " + std::to_string(options.steps) +
         (options.relaxed ? " --relaxed" : "") + (options.damaged ? " --damaged" : "");
}

}  // namespace marquee::raft::simulation
