#include "raft/runtime/hosted_replica.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"
#include "base/logging.h"
#include "base/random.h"
#include "net/event_loop.h"

namespace marquee::raft {

namespace {
constexpr const char* component = "raft";
constexpr std::size_t waiting_reads_most = 16384;
constexpr std::int64_t hand_over_patience_us = 250'000;
/// What is noticed by looking only (damage that a reader met, a disk that fills up).
constexpr std::int64_t look_interval_ms = 1000;

error fenced_error(const std::string& why) {
  return {error_code::unavailable, "this replica does not serve: " + why};
}
}  // namespace

hosted_replica::hosted_replica(group_id group, std::unique_ptr<group_log> log, group_options options,
                               replica_home& home, const replica_environment& environment)
    : group_(group),
      home_(home),
      environment_(environment),
      metrics_(environment.metrics),
      options_(options),
      log_(std::move(log)),
      pending_(metrics_) {
  metrics_.groups.add(1);
}

void hosted_replica::start(const restored_state& restored, const state_block& state,
                           const std::set<broker_id>& connected) {
  log_->set_segment_bytes(options_.segment_bytes);
  if (const result<> machine_restored = machine_->restore(state); !machine_restored)
    return fence(error{machine_restored.error().code,
                       "its state cannot be restored: " + machine_restored.error().message});
  applied_ = state.applied;
  applied_term_ = state.applied_term;
  next_offset_ = state.next_offset;
  log_start_ = state.log_start;
  commit_ = restored.commit_index;
  node_options options = environment_.options.node;
  options.self = environment_.options.self;
  options.seed = system_seed();
  restored_state known = restored;
  known.applied_index = state.applied;
  node_ = std::make_unique<node>(options, std::move(known), *log_);
  declare_durability();
  counted_in_doubt_ = restored.doubt.open;
  if (counted_in_doubt_) metrics_.groups_in_doubt.add(1);
  tell_time();
  for (const broker_id broker : connected) node_->peer_up(broker);
  home_.want_turn(*this);
}

void hosted_replica::start_fenced(const std::string& damage) {
  fence(error{error_code::corrupt, damage});
}

void hosted_replica::stop(const error& why) {
  if (!fenced_.empty()) return;
  fenced_ = why.message;
  metrics_.groups.add(-1);
  home_.heartbeats().remove(group_);
  if (leadership_.own_role == role::leader) metrics_.groups_led.add(-1);
  if (std::exchange(counted_in_doubt_, false)) metrics_.groups_in_doubt.add(-1);
  leadership_ = {};
  pending_.fail_all(why);
  for (auto& [id, done] : std::exchange(asked_reads_, {})) done(failure(why));
  for (auto& [index, done] : std::exchange(confirmed_reads_, {})) done(failure(why));
  node_.reset();
  if (machine_) machine_->stopped(why);
}

void hosted_replica::fence(const error& why) {
  if (!fenced_.empty()) return;
  log_error(component,
            "replica of {} stops serving: {}. Other replicas go on; unless it says before long that it is "
            "opened anew, this one needs an operator's look, and a restart once the cause is gone",
            to_string(group_), why.message);
  metrics_.groups_fenced.add(1);
  tell(raft_event{.name = "fenced", .term = term(), .why = why.message});
  stop(why);
  if (environment_.callbacks.on_fenced) environment_.callbacks.on_fenced(group_, why);
}

void hosted_replica::set_options(const group_options& options) {
  loop().post([self = shared_from_this(), options] {
    if (self->log_ && self->options_.segment_bytes != options.segment_bytes)
      self->log_->set_segment_bytes(options.segment_bytes);
    self->options_ = options;
    if (self->node_) self->declare_durability();
  });
}

void hosted_replica::declare_durability() {
  log_->set_durability(options_.wanted);
  if (options_.wanted == durability::relaxed) node_->losses_are_possible();
}

bool hosted_replica::accept_loss() {
  if (!node_ || !node_->accept_loss()) return false;
  log_warning(
      component,
      "an operator accepted that the replica of {} may have lost acknowledged writes: it votes and counts "
      "again with what it has, up to entry {}",
      to_string(group_), log_->last_index().value());
  if (std::exchange(counted_in_doubt_, false)) metrics_.groups_in_doubt.add(-1);
  tell(raft_event{.name = "loss_accepted", .term = term(), .why = "an operator accepted it"});
  home_.want_turn(*this);
  return true;
}

void hosted_replica::watch_doubt() {
  if (!counted_in_doubt_ || node_->in_doubt()) return;
  counted_in_doubt_ = false;
  metrics_.groups_in_doubt.add(-1);
  log_info(component, "the replica of {} holds everything up to entry {} again: it votes and counts",
           to_string(group_), log_->last_index().value());
}

void hosted_replica::receive(const message& received) {
  if (!node_) return;
  // The follower's part of the bound on what waits for the disk: the leader sends it again.
  if (refused_persist_ && received.type == message_type::append_request) return;
  // Who hands over cannot know that nothing would be taken here; an election may still make it lead.
  if (received.type == message_type::timeout_now && environment_.is_low_on_space()) return;
  tell_time();
  node_->step(received);
  home_.want_turn(*this);
}

void hosted_replica::peer_up(broker_id broker) {
  if (!node_) return;
  tell_time();
  node_->peer_up(broker);
  home_.want_turn(*this);
}

void hosted_replica::peer_down(broker_id broker, peer_loss how) {
  if (!node_) return;
  tell_time();
  node_->peer_down(broker, how);
  home_.want_turn(*this);
}

void hosted_replica::tick() {
  if (!node_) return;
  looked_at_us_ = tell_time();
  watch_disk();
  watch_space();
  watch_damage();
  if (!node_) return;
  if (node_->has_work() || refused_persist_ || applied_ < commit_) home_.want_turn(*this);
}

std::int64_t hosted_replica::tell_time() {
  const std::int64_t now_us = environment_.time.monotonic_us();
  const std::int64_t now_ms = now_us / 1000;
  node_->tick(now_ms, home_.awake_since_ms(now_ms));
  return now_us;
}

std::int64_t hosted_replica::next_deadline_ms() const {
  if (!node_) return deadline_queue<hosted_replica>::never;
  const bool tries_again = refused_persist_ || node_->has_work() || applied_ < commit_;
  if (tries_again || disk_is_stuck_ || damaged_since_us_) return 0;
  std::int64_t deadline_ms = std::min(node_->next_deadline_ms(), looked_at_us_ / 1000 + look_interval_ms);
  if (!outstanding_.empty())
    deadline_ms = std::min(deadline_ms,
                           outstanding_.front().started_us / 1000 + environment_.options.stuck_disk_ms + 1);
  return deadline_ms;
}

result<> hosted_replica::check_proposable() const {
  if (!node_) return failure(fenced_error(fenced_));
  if (disk_is_stuck_)
    return fail(error_code::unavailable,
                "this broker's disk does not answer; leadership is being handed over");
  if (refused_persist_) return fail(error_code::overloaded, "too much waits for this broker's disk");
  if (pending_.size() >= environment_.options.proposals_most)
    return fail(error_code::overloaded, "too many proposals of this group wait for their commit");
  return {};
}

result<log_index> hosted_replica::propose(proposal wanted, proposal_done done) {
  result<> possible = check_proposable();
  // Entries that free space, and those of consensus itself, go on.
  if (possible && wanted.type == entry_type::data && environment_.is_low_on_space())
    possible = fail(error_code::no_space, "this broker's disk is nearly full; another replica should lead");
  if (!possible) {
    metrics_.proposals_refused.add();
    return fail(possible);
  }
  const std::int64_t now_us = tell_time();
  result<log_index> index = node_->propose(std::move(wanted));
  if (!index) {
    metrics_.proposals_refused.add();
    home_.want_turn(*this);
    return index;
  }
  metrics_.proposals.add();
  pending_.add(*index, node_->term(), now_us, std::move(done));
  home_.want_turn(*this);
  return index;
}

void hosted_replica::read_barrier(std::function<void(result<>)> done) {
  const bool refused = !node_ || asked_reads_.size() + confirmed_reads_.size() >= waiting_reads_most;
  if (refused) {
    const error why = node_ ? error{error_code::overloaded, "too many reads wait for this group's leader"}
                            : fenced_error(fenced_);
    loop().post([done = std::move(done), why] { done(failure(why)); });
    return;
  }
  const std::uint64_t id = next_read_id_++;
  asked_reads_.emplace(id, std::move(done));
  tell_time();
  node_->read_barrier(id);
  home_.want_turn(*this);
}

result<> hosted_replica::transfer_leadership(replica_id target, transfer_reason why) {
  if (!node_) return failure(fenced_error(fenced_));
  tell_time();
  result<> begun = node_->transfer_leadership(target, why);
  home_.want_turn(*this);
  return begun;
}

result<> hosted_replica::campaign() {
  if (!node_) return failure(fenced_error(fenced_));
  tell_time();
  result<> begun = node_->campaign();
  home_.want_turn(*this);
  return begun;
}

bool hosted_replica::hand_over() {
  if (!node_) return false;
  tell_time();
  if (!node_->is_leader()) return false;
  const node_status now = node_->status();
  const peer_progress* best = nullptr;
  const auto better = [this](const peer_progress& one, const peer_progress& other) {
    const bool one_was_asked = one.replica == last_successor_;
    const bool other_was_asked = other.replica == last_successor_;
    return one_was_asked == other_was_asked ? one.match > other.match : other_was_asked;
  };
  for (const peer_progress& each : now.progress)
    if (each.voter && each.active && !each.in_doubt && home_.is_connected(each.replica.broker) &&
        (best == nullptr || better(each, *best)))
      best = &each;
  if (best == nullptr) return false;
  last_successor_ = best->replica;
  const result<> begun = node_->transfer_leadership(best->replica);
  home_.want_turn(*this);
  return begun.has_value();
}

bool hosted_replica::keep_handing_over() {
  if (!node_ || !node_->is_leader()) return false;
  const std::int64_t now_us = environment_.time.monotonic_us();
  // A target that was cut off, or fell behind, gets no second chance before others had theirs.
  if (handing_over_since_us_ != 0 && now_us - handing_over_since_us_ < hand_over_patience_us) return true;
  if (!hand_over()) return false;
  handing_over_since_us_ = now_us;
  return true;
}

bool hosted_replica::is_leader_ready() const {
  return is_leader() && ready_term_ == node_->term();
}

std::optional<replica_id> hosted_replica::leader() const {
  return node_ ? node_->leader() : std::nullopt;
}

node_status hosted_replica::status() const {
  if (node_) return node_->status();
  node_status still;
  still.commit_index = commit_;
  still.last_index = log_ ? log_->last_index() : log_index{};
  return still;
}

const group_log& hosted_replica::log() const {
  MARQUEE_ASSERT(log_ != nullptr, "the log of a replica that was removed is used");
  return *log_;
}

std::optional<group_checkpoint> hosted_replica::make_checkpoint() {
  if (!node_) return std::nullopt;
  group_checkpoint part{.group = group_, .state = {}};
  part.state.applied = applied_;
  part.state.applied_term = applied_term_;
  part.state.next_offset = next_offset_;
  part.state.log_start = log_start_;
  part.state.members = log_->configuration_at(applied_);
  if (log_->needs_state_block()) part.state.application_state = machine_->make_state();
  return part;
}

}  // namespace marquee::raft
