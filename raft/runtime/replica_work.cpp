// How a hosted_replica does what its node wants done.

#include <algorithm>
#include <utility>

#include "base/logging.h"
#include "raft/runtime/hosted_replica.h"

namespace marquee::raft {

namespace {
constexpr const char* component = "raft";
/// A long replay lets other groups of the thread have their turn in between.
constexpr std::size_t apply_bytes_most = std::size_t{1} << 20;
constexpr std::int64_t hand_over_interval_us = 1'000'000;
constexpr std::int64_t space_hand_over_interval_us = 5'000'000;
}  // namespace

void hosted_replica::process() {
  if (!node_) return;
  if (refused_persist_) {
    if (!try_persist(*refused_persist_)) return;
    refused_persist_.reset();
  }
  while (node_ && !refused_persist_ && node_->has_work()) do_work(node_->take_work());
  if (node_ && !refused_persist_) apply_committed();
  if (node_ && !refused_persist_ && (node_->has_work() || applied_ < commit_)) home_.want_turn(*this);
}

void hosted_replica::do_work(work wanted) {
  if (wanted.unreadable && wanted.unreadable->message != unreadable_) {
    unreadable_ = wanted.unreadable->message;
    log_error(component, "replica of {} meets an entry that this release cannot read and falls behind: {}",
              to_string(group_), unreadable_);
  }
  if (wanted.given_up)
    return fence(
        error{wanted.given_up->code,
              wanted.given_up->message + ". Its data stays as it is, for a look at what the others lack"});
  if (wanted.persist) persist(std::move(*wanted.persist));
  if (!node_) return;
  watch_doubt();
  for (message& each : wanted.send_now) send(std::move(each));
  if (!wanted.send_after_persist.empty())
    after_persist_.push_back({newest_persist_id_, std::move(wanted.send_after_persist)});
  commit_ = std::max(commit_, wanted.commit_index);
  for (const node_event& each : wanted.events) tell(each);
  if (wanted.leadership_change) change_leadership(*wanted.leadership_change);
  answer_reads(wanted.reads);
}

durability hosted_replica::durability_of(const persist_request& request) const {
  if (request.hard || request.truncate_from || request.settles_doubt) return durability::durable;
  const bool data_only = std::all_of(request.entries.begin(), request.entries.end(),
                                     [](const entry& e) { return e.type == entry_type::data; });
  return data_only ? options_.wanted : durability::durable;
}

void hosted_replica::persist(persist_request request) {
  newest_persist_id_ = request.id;
  outstanding_.push_back({.id = request.id,
                          .last = request.entries.empty() ? log_index{} : request.entries.back().index,
                          .started_us = environment_.time.monotonic_us()});
  if (!try_persist(request) && node_) refused_persist_ = std::move(request);
}

bool hosted_replica::try_persist(const persist_request& request) {
  const result<> taken =
      log_->persist(request, durability_of(request),
                    [self = shared_from_this(), id = request.id](result<persist_times> outcome) {
                      self->home_.post_persisted(self, id, std::move(outcome));
                    });
  if (taken) return true;
  if (taken.error().code != error_code::overloaded) fence(taken.error());
  return false;
}

void hosted_replica::persist_finished(std::uint64_t persist_id, const result<persist_times>& outcome) {
  if (!node_) return;
  if (!outcome) return fence(outcome.error());
  const std::int64_t now_us = tell_time();
  while (!outstanding_.empty() && outstanding_.front().id <= persist_id) {
    const outstanding_persist finished = outstanding_.front();
    outstanding_.pop_front();
    metrics_.append_us.observe(static_cast<std::uint64_t>(now_us - finished.started_us));
    if (finished.last > log_index{}) pending_.durable(finished.last, now_us, outcome->sync_us);
  }
  metrics_.sync_us.observe(static_cast<std::uint64_t>(outcome->sync_us));
  node_->persisted(persist_id);
  while (!after_persist_.empty() && after_persist_.front().persist_id <= persist_id) {
    for (message& each : after_persist_.front().messages) send(std::move(each));
    after_persist_.pop_front();
  }
  home_.want_turn(*this);
}

void hosted_replica::send(message outgoing) {
  if (silent_) return;
  group_message item{group_, std::move(outgoing)};
  // The bundle of the heartbeat thread carries it, unless it should not wait for that.
  if (item.value.type == message_type::heartbeat_request && !home_.heartbeats().publish(item)) return;
  home_.send(std::move(item));
}

void hosted_replica::change_leadership(const leadership& now) {
  const leadership before = std::exchange(leadership_, now);
  const bool led = before.own_role == role::leader;
  const bool leads = now.own_role == role::leader;
  const bool candidate = now.own_role == role::candidate || now.own_role == role::pre_candidate;
  if (candidate && before.own_role == role::follower) metrics_.elections.add();
  if (led && (!leads || now.term != before.term)) {
    home_.heartbeats().remove(group_);
    const std::string by =
        now.leader ? "broker " + to_string(*now.leader) + " leads now" : "no leader is known";
    pending_.fail_all(error{error_code::not_leader, "leadership was lost before the commit; " + by});
  }
  if (leads != led) {
    metrics_.leader_changes.add();
    metrics_.groups_led.add(leads ? 1 : -1);
  }
  log_leadership(before, now);
  if (now.leader) environment_.leaders.note({group_, now.term, *now.leader});
  machine_->leadership_changed(now);
  if (leads && !led) environment_.leadership_won();
}

void hosted_replica::log_leadership(const leadership& before, const leadership& now) const {
  if (now.own_role == role::leader && before.own_role != role::leader)
    log_info(component, "became leader of {} in term {}", to_string(group_), now.term.value());
  else if (now.own_role != role::leader && before.own_role == role::leader)
    log_info(component, "no longer leads {}: term {}, {}", to_string(group_), now.term.value(),
             now.leader ? "broker " + to_string(*now.leader) + " does" : "no leader is known");
  else if (now.leader && now.leader != before.leader)
    log_debug(component, "{} is led by broker {} in term {}", to_string(group_), to_string(*now.leader),
              now.term.value());
}

void hosted_replica::tell(raft_event what) const {
  what.group = group_;
  if (environment_.callbacks.on_event) environment_.callbacks.on_event(what);
}

void hosted_replica::tell(const node_event& what) const {
  tell(raft_event{.name = to_string(what.kind),
                  .term = what.term,
                  .other = what.other ? std::optional(what.other->broker) : std::nullopt,
                  .pre_vote = what.pre_vote,
                  .why = what.why});
}

void hosted_replica::answer_reads(const std::vector<read_ready>& reads) {
  for (const read_ready& each : reads) {
    const auto asked = asked_reads_.find(each.id);
    if (asked == asked_reads_.end()) continue;
    std::function<void(result<>)> done = std::move(asked->second);
    asked_reads_.erase(asked);
    if (!each.index)
      done(fail(error_code::not_leader, "this replica does not lead the group"));
    else
      confirmed_reads_.emplace(*each.index, std::move(done));
  }
  finish_reads();
}

void hosted_replica::finish_reads() {
  while (!confirmed_reads_.empty() && confirmed_reads_.begin()->first <= applied_) {
    const std::function<void(result<>)> done = std::move(confirmed_reads_.begin()->second);
    confirmed_reads_.erase(confirmed_reads_.begin());
    done({});
  }
}

void hosted_replica::apply_committed() {
  if (applied_ < commit_) {
    const result<std::vector<entry>> entries = log_->read(applied_ + 1, commit_ + 1, apply_bytes_most);
    if (!entries)
      return fence(
          error{entries.error().code, "committed entries cannot be read: " + entries.error().message});
    for (const entry& each : *entries)
      if (!apply(each)) return;
    ask_for_new_segment();
  }
  finish_reads();
}

bool hosted_replica::apply(const entry& committed) {
  if (committed.index != applied_ + 1) {
    fence(error{error_code::corrupt,
                "entry " + std::to_string((applied_ + 1).value()) + " is missing in the log"});
    return false;
  }
  if (committed.type == entry_type::log_start && !raise_log_start(committed)) return false;
  machine_->apply(committed);
  applied_ = committed.index;
  applied_term_ = committed.term;
  if (committed.record_count > 0) next_offset_ = committed.next_offset();
  metrics_.entries_applied.add();
  if (!node_) return false;
  node_->applied(applied_);
  if (node_->is_leader() && committed.term == node_->term() && ready_term_ != committed.term) {
    ready_term_ = committed.term;
    machine_->leader_ready(ready_term_);
  }
  pending_.applied(committed, environment_.time.monotonic_us());
  return node_ != nullptr;
}

void hosted_replica::watch_damage() {
  const auto met = log_->damage_met();
  if (!met) return;
  const std::int64_t now_us = environment_.time.monotonic_us();
  const bool is_new = !damaged_since_us_;
  if (is_new) damaged_since_us_ = now_us;
  // What is damaged may be just what a follower lacks: then nobody can take over in time.
  const bool waits = is_leader() && now_us - *damaged_since_us_ < environment_.options.handover_ms * 1000;
  if (waits && (!is_new || hand_over())) return;
  fence(error{met->code, met->message + ". The log is cut off there and filled again by the leader"});
}

void hosted_replica::watch_space() {
  if (!is_leader() || !environment_.is_low_on_space()) return;
  const std::int64_t now_us = environment_.time.monotonic_us();
  if (now_us < next_space_hand_over_us_) return;
  next_space_hand_over_us_ = now_us + space_hand_over_interval_us;
  if (hand_over())
    log_info(component, "the disk is nearly full: leadership of {} is handed over", to_string(group_));
}

void hosted_replica::watch_disk() {
  const std::int64_t now_us = environment_.time.monotonic_us();
  const std::int64_t waited_us = outstanding_.empty() ? 0 : now_us - outstanding_.front().started_us;
  const bool stuck = waited_us > environment_.options.stuck_disk_ms * 1000;
  if (stuck != disk_is_stuck_) {
    disk_is_stuck_ = stuck;
    next_hand_over_us_ = now_us;
    if (stuck && is_leader())
      log_warning(component, "the disk has not answered for {} ms: leadership of {} is handed over",
                  waited_us / 1000, to_string(group_));
  }
  if (!stuck) {
    silent_ = false;
    return;
  }
  if (!is_leader()) return;
  if (now_us >= next_hand_over_us_) {
    next_hand_over_us_ = now_us + hand_over_interval_us;
    static_cast<void>(hand_over());
  }
  // Nobody could take it: what is not heard from is replaced by an election.
  if (!silent_ && waited_us > environment_.options.stuck_disk_ms * 1000 + 2 * hand_over_interval_us) {
    silent_ = true;
    home_.heartbeats().remove(group_);
  }
}

}  // namespace marquee::raft
