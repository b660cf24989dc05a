#include "tests/simulation/simulated_replica.h"

#include <algorithm>

#include "tests/simulation/trace.h"
#include "tests/simulation/violation.h"

namespace marquee::raft::simulation {

simulated_replica::simulated_replica(simulated_world& world, node_options options, configuration members,
                                     simulated_disk_options disk, simulated_fate fate)
    : world_(world),
      options_(options),
      members_(std::move(members)),
      disk_(disk),
      fate_(fate),
      clock_offset_ms_(world.random().between(0, 1'000'000)),
      clock_percent_(world.random().between(97, 103)) {
  if (disk_.relaxed_sync_us > 0) log_.be_relaxed();
}

/// Clocks of different machines start anywhere and run a little differently.
std::int64_t simulated_replica::local_ms() const {
  return clock_offset_ms_ + now_us() / 1000 * clock_percent_ / 100;
}

void simulated_replica::start() {
  if (is_up()) return;
  ++life_;
  held_.clear();
  inbox_.clear();
  unanswered_.clear();
  reads_.clear();
  newest_persist_ = 0;
  offsets_since_work_ = 0;
  work_is_scheduled_ = sync_is_scheduled_ = relaxed_sync_is_scheduled_ = false;
  paused_until_us_ = disk_stalled_until_us_ = refuses_until_us_ = 0;
  refused_.reset();
  asked_in_.reset();
  fuse_ = 0;
  led_term_ = term_number(0);
  // The state machine is built again from the log.
  applied_ = log_index(0);
  applied_term_ = term_number(0);
  log_start_ = record_offset(0);
  restored_state restored;
  restored.hard = log_.hard();
  restored.base_configuration = members_;
  restored.commit_index = saved_commit_;
  restored.newly_created = log_.durable().empty() && log_.hard().term == term_number(0);
  restored.doubt = log_.doubt();
  options_.seed = world_.random().next();
  node_ = std::make_unique<node>(options_, std::move(restored), log_);
  // The disk of a process that was killed still holds what it had written.
  schedule_relaxed_sync();
  if (world_.tracing())
    world_.trace(to_string(id()) + " starts" + (log_.doubt().open ? " IN DOUBT" : "") + ", last entry " +
                 std::to_string(log_.last_index().value()));
  last_tick_ms_ = awake_since_ms_ = local_ms();
  input([this] {
    node_->tick(local_ms(), awake_since_ms_);
    apply_up_to(node_->commit_index());
  });
}

void simulated_replica::crash() {
  if (!is_up()) return;
  node_.reset();
  log_.crash(static_cast<std::size_t>(world_.random().below(log_.waiting() + 1)));
  if (world_.tracing()) world_.trace(to_string(id()) + " CRASHES");
  world_.crashed(id());
}

void simulated_replica::lose_power() {
  const bool was_up = is_up();
  node_.reset();
  if (was_up) log_.crash(static_cast<std::size_t>(world_.random().below(log_.waiting() + 1)));
  log_.lose_power(static_cast<std::size_t>(world_.random().below(log_.unsynced() + 1)));
  if (world_.tracing()) world_.trace(to_string(id()) + " LOSES POWER");
  world_.rules().lost_power();
  // Of one that was down already only the operating system's memory goes.
  if (was_up) world_.crashed(id());
}

bool simulated_replica::damage(bool overlooked) {
  const log_index least = world_.rules().first_that_stays();
  const log_index last(static_cast<std::int64_t>(log_.durable().size()));
  if (last < least) return false;
  const bool was_up = is_up();
  node_.reset();
  if (was_up) log_.crash(static_cast<std::size_t>(world_.random().below(log_.waiting() + 1)));
  const log_index from(world_.random().between(least.value(), last.value()));
  log_.damage_from(from);
  if (overlooked) log_.forget_doubt();
  saved_commit_ = std::min(saved_commit_, from - 1);
  if (world_.tracing())
    world_.trace(to_string(id()) + " IS DAMAGED from entry " + std::to_string(from.value()) + " on");
  if (was_up) world_.crashed(id());
  return true;
}

void simulated_replica::be_healthy() {
  fate_ = {};
  fuse_ = 0;
  paused_until_us_ = disk_stalled_until_us_ = refuses_until_us_ = 0;
}

void simulated_replica::input(const std::function<void()>& what) {
  if (!is_up()) return;
  try {
    what();
    if (world_.random().chance(1, 4)) {
      if (std::exchange(work_is_scheduled_, true)) return;
      world_.after(world_.random().between(0, 3'000), [this, life = life_] {
        if (life != life_ || !is_up()) return;
        work_is_scheduled_ = false;
        try {
          handle_work();
        } catch (const crash_here&) {
          crash();
        }
      });
      return;
    }
    handle_work();
  } catch (const crash_here&) {
    crash();
  }
}

void simulated_replica::point() {
  if (fuse_ > 0 && --fuse_ == 0) throw crash_here();
}

void simulated_replica::tick() {
  if (!is_up() || now_us() < paused_until_us_) return;
  input([this] {
    tell_time();
    for (const message& m : std::exchange(inbox_, {}))
      if (!refused_ || m.type != message_type::append_request) step(m);
  });
}

/// The node says when it wants to be told the time: what happens earlier must change nothing.
void simulated_replica::tell_time() {
  const std::int64_t now_ms = local_ms();
  const bool stood_still = now_ms - last_tick_ms_ > 2 * options_.heartbeat_interval_ms;
  if (stood_still) awake_since_ms_ = now_ms;
  last_tick_ms_ = now_ms;
  const std::int64_t deadline_ms = node_->next_deadline_ms();
  const bool had_work = node_->has_work();
  node_->tick(now_ms, awake_since_ms_);
  if (stood_still || now_ms >= deadline_ms) return;
  if (node_->has_work() != had_work || node_->next_deadline_ms() != deadline_ms)
    throw violation(to_string(id()) + " acts before the deadline that it has named");
}

void simulated_replica::receive(const message& m) {
  if (!is_up()) return;
  if (now_us() < paused_until_us_) {
    inbox_.push_back(m);
    return;
  }
  // As `work` demands: no appends while the log takes nothing.
  if (refused_ && m.type == message_type::append_request) return;
  input([&] { step(m); });
}

void simulated_replica::step(const message& m) {
  if (m.type == message_type::append_request && m.term >= node_->term())
    asked_in_ = std::min(asked_in_.value_or(m.term), m.term);
  node_->step(m);
}

void simulated_replica::peer_up(broker_id broker) {
  input([&] { node_->peer_up(broker); });
}

void simulated_replica::peer_down(broker_id broker) {
  input([&] { node_->peer_down(broker, peer_loss::reset); });
}

bool simulated_replica::propose() {
  if (refused_) return false;
  bool accepted = false;
  input([&] {
    proposal wanted;
    const log_index last = log_.last_index();
    wanted.base_offset =
        (last == log_index(0) ? record_offset(0) : log_.at(last).next_offset()) + offsets_since_work_;
    wanted.record_count = static_cast<std::int32_t>(world_.random().between(1, 3));
    wanted.append_time_ms = now_us() / 1000;
    wanted.payload = {shared_bytes::of(to_string(id()) + "/" + std::to_string(life_) + "/" +
                                       std::to_string(next_payload_++))};
    const auto index = node_->propose(wanted);
    if (index) {
      accepted = true;
      offsets_since_work_ += wanted.record_count;
      unanswered_[*index] = node_->term();
      return;
    }
    if (index.error().code == error_code::invalid_argument) throw violation(index.error().message);
  });
  return accepted;
}

void simulated_replica::propose_log_start() {
  if (refused_ || applied_ < log_.first_index()) return;
  input([&] {
    const bool all = world_.random().chance(1, 2);
    log_index last =
        all ? applied_ : log_index(world_.random().between(log_.first_index().value(), applied_.value()));
    // As the broker does: what is not old enough to be synced everywhere stays (DESIGN D4).
    if (disk_.relaxed_sync_us > 0 || disk_.damages) last = std::min(last, world_.rules().synced_by_all());
    if (last < log_.first_index()) return;
    proposal wanted;
    wanted.type = entry_type::log_start;
    wanted.head = shared_bytes::of(encode_log_start({log_.at(last).next_offset(), last + 1}));
    if (node_->propose(wanted)) world_.rules().wants_log_start(last + 1);
  });
}

void simulated_replica::read() {
  input([this] {
    reads_[++next_read_] = world_.rules().highest_committed();
    node_->read_barrier(next_read_);
  });
}

void simulated_replica::hand_over_to(const replica_id& target) {
  input([&] { (void)node_->transfer_leadership(target); });
}

void simulated_replica::handle_work() {
  if (refused_) {
    persist_request again = std::move(*refused_);
    refused_.reset();
    if (!hand_to_disk(std::move(again))) return;
  }
  while (!refused_ && node_->has_work()) {
    work todo = node_->take_work();
    offsets_since_work_ = 0;
    if (todo.leadership_change && world_.tracing())
      world_.trace(to_string(id()) + " is " + to_text(todo.leadership_change->own_role) + " in term " +
                   std::to_string(todo.leadership_change->term.value()));
    if (todo.persist) {
      newest_persist_ = todo.persist->id;
      (void)hand_to_disk(std::move(*todo.persist));
    }
    if (!refused_) asked_in_.reset();
    if (node_->is_leader()) {
      world_.rules().leads(id(), node_->term());
      const bool is_new = std::exchange(led_term_, node_->term()) != node_->term();
      if (is_new && world_.random().below(100) < fate_.leader_dies_young_percent)
        light_fuse(static_cast<int>(world_.random().between(1, world_.random().chance(1, 2) ? 10 : 40)));
    }
    // Before a message can tell others of the commit. It may be one of a leadership that ended since.
    apply_up_to(todo.commit_index);
    if (!node_->is_leader()) {
      led_term_ = term_number(0);
      unanswered_.clear();
    }
    point();
    for (const message& m : todo.send_after_persist) held_.emplace_back(newest_persist_, m);
    for (const message& m : todo.send_now) send_checked(m);
    finish_reads(todo.reads);
    if (todo.given_up) throw violation("a voter has to stand aside: " + todo.given_up->message);
    if (todo.unreadable) throw violation("an entry cannot be read: " + todo.unreadable->message);
  }
}

bool simulated_replica::hand_to_disk(persist_request request) {
  if (now_us() < refuses_until_us_) {
    refused_ = std::move(request);
    return false;
  }
  const bool leads_since_before = node_->is_leader() && led_term_ == node_->term();
  world_.rules().before_persist(id(), request, leads_since_before, asked_in_.value_or(node_->term()));
  if (world_.tracing()) world_.trace(to_string(id()) + " " + describe(request));
  if (disk_.log_start_at_append)
    for (const entry& e : request.entries)
      if (e.type == entry_type::log_start)
        log_start_ = std::max(log_start_, decode_log_start(e.head)->offset);
  if (disk_.forgets_votes && request.hard) request.hard->voted_for.reset();
  log_.persist(std::move(request));
  schedule_sync();
  return true;
}

void simulated_replica::send_checked(const message& m) {
  if (m.type == message_type::vote_response && !m.rejected) {
    world_.rules().grants_vote(id(), m.term, m.to);
    if (world_.random().below(100) < fate_.voter_dies_young_percent)
      light_fuse(static_cast<int>(world_.random().between(1, 6)));
  }
  if (m.type == message_type::vote_request) world_.rules().grants_vote(id(), m.term, id());
  world_.send(m);
  point();
}

void simulated_replica::apply_up_to(log_index commit) {
  while (applied_ < commit) {
    const entry& e = log_.at(applied_ + 1);
    world_.rules().commits(id(), led_term_, e);
    ++applied_;
    applied_term_ = e.term;
    if (e.type == entry_type::log_start) raise_log_start(e);
    const auto waiting = unanswered_.find(e.index);
    if (waiting == unanswered_.end()) continue;
    if (waiting->second == e.term) world_.rules().acknowledges(e);
    unanswered_.erase(waiting);
  }
  node_->applied(applied_);
  world_.rules().shows_log_start(id(), applied_, log_start_);
  if (node_->is_leader() && applied_term_ == node_->term())
    world_.rules().leader_shows_log_start(id(), node_->term(), log_start_);
}

void simulated_replica::raise_log_start(const entry& e) {
  const auto mark = decode_log_start(e.head);
  if (!mark) throw violation(mark.error().message);
  log_start_ = disk_.newest_log_start_wins ? mark->offset : std::max(log_start_, mark->offset);
  log_.drop_below(mark->index);
  // What was dropped was in segments, and segments hold committed entries only.
  saved_commit_ = std::max(saved_commit_, mark->index - 1);
  if (world_.tracing())
    world_.trace(to_string(id()) + " drops what is before entry " + std::to_string(mark->index.value()));
  world_.rules().nobody_lacks_what_others_dropped();
}

/// Thesis 6.4: a read sees everything that was committed anywhere when it came.
void simulated_replica::finish_reads(const std::vector<read_ready>& reads) {
  for (const read_ready& read : reads) {
    const auto asked = reads_.find(read.id);
    if (read.index && *read.index < asked->second)
      throw violation("linearizable reads: replica " + to_string(id()) + " reads at " +
                      std::to_string(read.index->value()) + " although " +
                      std::to_string(asked->second.value()) + " was committed before");
    reads_.erase(asked);
  }
}

void simulated_replica::schedule_sync() {
  if (std::exchange(sync_is_scheduled_, true)) return;
  const std::int64_t stalled = std::max<std::int64_t>(0, disk_stalled_until_us_ - now_us());
  // Covers what is there now; what comes meanwhile waits for the next one.
  world_.after(stalled + world_.random().between(disk_.sync_least_us, disk_.sync_most_us),
               [this, life = life_, requests = log_.waiting()] {
                 if (life != life_ || !is_up()) return;
                 try {
                   sync(requests);
                 } catch (const crash_here&) {
                   crash();
                 }
               });
}

void simulated_replica::sync(std::size_t requests) {
  sync_is_scheduled_ = false;
  for (; requests > 0; --requests) {
    const std::uint64_t id = log_.sync_one();
    point();
    node_->persisted(id);
    std::vector<std::pair<std::uint64_t, message>> still;
    for (auto& [wanted, m] : std::exchange(held_, {})) {
      if (wanted <= id)
        send_checked(m);
      else
        still.emplace_back(wanted, std::move(m));
    }
    held_ = std::move(still);
  }
  if (world_.random().chance(1, 8))
    saved_commit_ = std::max(saved_commit_,
                             std::min(applied_, log_index(static_cast<std::int64_t>(log_.synced().size()))));
  schedule_relaxed_sync();
  if (log_.has_waiting()) schedule_sync();
  handle_work();
}

void simulated_replica::schedule_relaxed_sync() {
  if (log_.unsynced() == 0 || std::exchange(relaxed_sync_is_scheduled_, true)) return;
  world_.after(disk_.relaxed_sync_us, [this, life = life_] {
    if (life != life_ || !is_up()) return;
    relaxed_sync_is_scheduled_ = false;
    log_.sync_written();
  });
}

}  // namespace marquee::raft::simulation
