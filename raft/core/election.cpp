#include <algorithm>
#include <limits>
#include <string>
#include <utility>

#include "base/assert.h"
#include "raft/core/node_state.h"

namespace marquee::raft {

namespace {

std::string describe(election_cause why) {
  switch (why) {
    case election_cause::vacancy:
      return "a majority would vote for it";
    case election_cause::transfer:
      return "it was asked to take over";
    case election_cause::order:
      break;
  }
  return "an operator wants it to lead";
}

}  // namespace

void node::state::start(std::int64_t first_now_ms, std::int64_t awake_ms) {
  started = true;
  now_ms = leader_heard_ms = first_now_ms;
  awake_since_ms = awake_ms;
  restart_election_timer();
  // A new group need not wait for a time-out: the first voter takes the lead (DESIGN D18).
  if (newly_created && may_campaign() && rank_of(options.self) == 0) pre_campaign();
}

void node::state::restart_election_timer() {
  election_deadline_ms =
      now_ms + random.between(options.election_timeout_least_ms, options.election_timeout_most_ms);
}

/// Place in the voter list without the leader.
std::int64_t node::state::rank_of(const replica_id& replica) const {
  std::int64_t rank = 0;
  for (const replica_id& voter : members.current().voters) {
    if (voter == replica) break;
    if (voter != leader) ++rank;
  }
  return rank;
}

void node::state::tick(std::int64_t time_ms, std::int64_t awake_ms) {
  if (!started) return start(time_ms, awake_ms);
  now_ms = std::max(now_ms, time_ms);
  const bool stood_still = awake_ms > awake_since_ms;
  awake_since_ms = std::max(awake_since_ms, awake_ms);
  // When this process itself stood still, the leader's heartbeats may be waiting in the inbox: its silence is
  // not proven (raft-pitfalls 13).
  if (stood_still && own_role != role::leader)
    election_deadline_ms = std::max(
        election_deadline_ms,
        awake_since_ms + random.between(options.heartbeat_interval_ms, 2 * options.heartbeat_interval_ms));
  if (now_ms < next_deadline_ms()) return;
  if (own_role == role::leader)
    tick_leader();
  else
    tick_election();
}

std::int64_t node::state::next_deadline_ms() const {
  constexpr std::int64_t never = std::numeric_limits<std::int64_t>::max();
  if (!started) return now_ms;
  if (own_role != role::leader) return may_campaign() ? election_deadline_ms : never;
  const std::int64_t deadline_ms = std::min(next_heartbeat_ms, quorum_checked_until_ms);
  return transfer_target ? std::min(deadline_ms, transfer_deadline_ms) : deadline_ms;
}

void node::state::tick_election() {
  if (now_ms >= election_deadline_ms && may_campaign()) pre_campaign();
}

void node::state::note_hint(broker_id broker) {
  if (!started || own_role != role::follower || !leader || leader->broker != broker || !may_campaign())
    return;
  // In doubt it can win only with everybody's vote, the lost leader's too: others go first.
  if (doubt.open) return;
  const std::int64_t wait =
      rank_of(options.self) * options.failover_step_ms + random.between(0, options.failover_step_ms - 1);
  hinted_until_ms = now_ms + options.election_timeout_least_ms;
  election_deadline_ms = std::min(election_deadline_ms, now_ms + wait);
}

/// Between two tries of a hurried candidate: every other one has had its turn by then.
std::int64_t node::state::hurried_wait() {
  const auto voters = static_cast<std::int64_t>(members.current().voters.size());
  return voters * options.failover_step_ms + random.between(0, 2 * options.failover_step_ms);
}

bool node::state::leader_is_gone() const {
  if (own_role == role::leader) return false;
  if (!leader || lost_brokers.contains(leader->broker)) return true;
  return now_ms - leader_heard_ms >= options.election_timeout_least_ms;
}

/// Raft paper 5.4.1.
bool node::state::is_up_to_date(const message& candidate) const {
  const term_number own_last = log.last_term();
  return candidate.index_term > own_last ||
         (candidate.index_term == own_last && candidate.index >= log.last_index());
}

/// Thesis 9.6. Changes nothing but the round, so that a node that cannot win disturbs nobody.
void node::state::pre_campaign() {
  const std::string why = is_hurried()                  ? "the connection to the leader broke"
                          : hard.term == term_number(0) ? "the group has no leader yet"
                                                        : "no leader was heard from in time";
  become_follower(hard.term, std::nullopt);
  own_role = role::pre_candidate;
  events.add(
      {.kind = node_event_kind::election_started, .term = hard.term + 1, .pre_vote = true, .why = why});
  restart_election_timer();
  // The others may see the loss, or create the group, a moment later than this node.
  if (is_hurried())
    election_deadline_ms = now_ms + hurried_wait();
  else if (newly_created && hard.term == term_number(0))
    election_deadline_ms =
        now_ms + random.between(options.heartbeat_interval_ms / 2, options.heartbeat_interval_ms);
  ++pre_vote_round;
  votes.clear();
  votes.record(options.self, doubt.open ? vote_answer::granted_in_doubt : vote_answer::granted);
  for (const replica_id& voter : members.current().members()) {
    if (voter == options.self || !members.current().is_voter(voter)) continue;
    message request = make(message_type::pre_vote_request, voter);
    request.term = hard.term + 1;
    request.index = log.last_index();
    request.index_term = log.last_term();
    request.context = pre_vote_round;
    request.in_doubt = doubt.open;
    send(std::move(request));
  }
  count_votes();
}

/// Raft paper 5.2. The requests wait until the own vote is durable: after a crash this node must not vote for
/// another in the same term (raft-pitfalls 2, 3), and must still have the log that it was elected for.
void node::state::campaign(election_cause why) {
  cause = why;
  own_role = role::candidate;
  leader.reset();
  hard = {hard.term + 1, options.self};
  events.add({.kind = node_event_kind::election_started, .term = hard.term, .why = describe(why)});
  hard_changed = true;
  own_vote_persist_id = persists.next_id();
  restart_election_timer();
  if (is_hurried())
    election_deadline_ms =
        now_ms + random.between(options.election_timeout_least_ms / 4, options.election_timeout_least_ms / 2);
  votes.clear();
  for (const replica_id& voter : members.current().members()) {
    if (voter == options.self || !members.current().is_voter(voter)) continue;
    message request = make(message_type::vote_request, voter);
    request.index = log.last_index();
    request.index_term = log.last_term();
    request.transfer = why != election_cause::vacancy;
    send_when_log_is_durable(std::move(request));
  }
}

/// Without a pre-vote, which could only be refused while a leader lives.
result<> node::state::campaign_at_once() {
  if (own_role == role::leader)
    return fail(error_code::refused,
                "this replica leads already in term " + std::to_string(hard.term.value()));
  if (!may_campaign())
    return fail(error_code::refused,
                "replica " + to_string(options.self) + " is no voter of this group and cannot lead it");
  if (doubt.open)
    return fail(error_code::refused,
                "this replica may have lost what it acknowledged and does not stand until it is whole");
  campaign(election_cause::order);
  return {};
}

void node::state::count_votes() {
  const election_outcome outcome = votes.outcome(members.current(), options.self);
  if (outcome == election_outcome::open) return;
  if (outcome == election_outcome::won && own_role == role::pre_candidate)
    return campaign(election_cause::vacancy);
  if (outcome == election_outcome::won) return become_leader();
  if (own_role == role::pre_candidate) ask_again_soon();
  own_role = role::follower;
}

/// The others may see the silence of the leader a moment later than this node. A pre-vote disturbs nobody, so
/// it need not wait for a whole time-out; but somebody whom only the leader cannot reach must not ask for
/// ever.
void node::state::ask_again_soon() {
  if (now_ms - leader_heard_ms >= 2 * options.election_timeout_most_ms) return;
  const std::int64_t wait =
      random.between(2 * options.heartbeat_interval_ms, 4 * options.heartbeat_interval_ms);
  election_deadline_ms = std::min(election_deadline_ms, now_ms + wait);
}

/// Somebody stands that cannot win against this log, and the leader is gone for this node too: it is its
/// turn.
void node::state::stand_instead() {
  if (own_role != role::follower || !leader_is_gone() || !may_campaign() || doubt.open) return;
  election_deadline_ms =
      std::min(election_deadline_ms, now_ms + random.between(0, options.heartbeat_interval_ms / 2));
}

/// Of two that stand at the same moment after the loss of a leader the one with the lower rank goes on,
/// unless the other's log is ahead. Only while it is hurried: it may be unable to win.
bool node::state::comes_before(const message& candidate) const {
  const bool equal_logs = candidate.index == log.last_index() && candidate.index_term == log.last_term();
  return own_role == role::pre_candidate && is_hurried() && equal_logs && !doubt.open &&
         rank_of(options.self) < rank_of(candidate.from);
}

std::string node::state::why_not_pre_vote(const message& candidate) const {
  if (candidate.term <= hard.term) return "its term is not newer than this replica's";
  if (!leader_is_gone()) return own_role == role::leader ? "this replica leads" : "the leader is alive";
  if (!is_up_to_date(candidate)) return "its log is older than this replica's";
  if (comes_before(candidate)) return "this replica stands too and comes first";
  return {};
}

void node::state::note_vote(const message& candidate, bool pre_vote, std::string why_not) {
  events.add({.kind = why_not.empty() ? node_event_kind::vote_granted : node_event_kind::vote_refused,
              .term = candidate.term,
              .other = candidate.from,
              .pre_vote = pre_vote,
              .why = std::move(why_not)});
}

void node::state::on_pre_vote_request(const message& m) {
  if (members.current().empty()) return;
  const std::string why_not = why_not_pre_vote(m);
  const bool granted = why_not.empty();
  note_vote(m, true, why_not);
  message answer = make(message_type::pre_vote_response, m.from);
  // A grant has the term asked for, else the candidate would take it for an old one (raft-pitfalls 4).
  if (granted) answer.term = m.term;
  answer.rejected = !granted;
  answer.context = m.context;
  answer.in_doubt = doubt.open;
  if (!granted && m.term > hard.term && !is_up_to_date(m)) stand_instead();
  // Two hurried candidates would split the votes: the other one gets its chance, if it can use it.
  const bool yields = granted && is_hurried() && !m.in_doubt;
  if (yields && own_role == role::pre_candidate) own_role = role::follower;
  if (yields) election_deadline_ms = std::max(election_deadline_ms, now_ms + hurried_wait());
  if (granted)
    send(std::move(answer));
  else
    send_when_vote_is_durable(std::move(answer));
}

void node::state::on_pre_vote_response(const message& m) {
  if (own_role != role::pre_candidate || m.context != pre_vote_round) return;
  if (!m.rejected && m.term != hard.term + 1) return;
  votes.record(m.from, answer_of(m));
  count_votes();
}

/// A learner answers too: whoever asks it has a configuration in which it is a voter (raft-pitfalls 52). A
/// replica without any configuration does not (DESIGN D9).
void node::state::on_vote_request(const message& m) {
  if (members.current().empty()) return;
  if (m.term > hard.term) {
    if (!m.transfer && !leader_is_gone()) return note_vote(m, false, "the leader is alive");
    become_follower(m.term, std::nullopt);
  }
  const bool free = !hard.voted_for && !leader;
  const bool granted = (free || hard.voted_for == m.from) && is_up_to_date(m);
  note_vote(m, false,
            granted             ? ""
            : !is_up_to_date(m) ? "its log is older than this replica's"
            : leader            ? "the term has a leader"
                                : "this replica voted for another one in that term");
  if (granted && free) {
    hard.voted_for = m.from;
    hard_changed = true;
    restart_election_timer();
  }
  message answer = make(message_type::vote_response, m.from);
  answer.rejected = !granted;
  answer.in_doubt = doubt.open;
  send_when_vote_is_durable(std::move(answer));
}

void node::state::on_vote_response(const message& m) {
  if (own_role != role::candidate) return;
  votes.record(m.from, answer_of(m));
  count_votes();
}

/// Thesis 3.10: the leader says that this log is complete, so no pre-vote is needed.
void node::state::on_timeout_now(const message& m) {
  if (own_role == role::leader || leader != m.from || !may_campaign() || doubt.open) return;
  campaign(m.transfer ? election_cause::order : election_cause::transfer);
}

void node::state::become_follower(term_number term, std::optional<replica_id> new_leader) {
  MARQUEE_ASSERT(term >= hard.term, "terms never go back");
  if (term > hard.term) {
    hard = {term, std::nullopt};
    hard_changed = true;
  }
  const bool stood_or_led = own_role != role::follower;
  const bool was_leader = own_role == role::leader;
  own_role = role::follower;
  const bool news = new_leader && leader != new_leader;
  leader = new_leader;
  if (was_leader) {
    events.add({.kind = node_event_kind::stepped_down, .term = hard.term, .why = why_stepping_down()});
    peers.clear();
    uncommitted.clear();
    transfer_target.reset();
    replication_due = false;
    barriers.refuse_all(reads);
  }
  if (news) events.add({.kind = node_event_kind::leader_followed, .term = hard.term, .other = leader});
  if (leader) events.settled();
  if (stood_or_led) restart_election_timer();
}

/// Of a leader that is about to follow.
std::string node::state::why_stepping_down() const {
  if (transfer_target) return "leadership is handed over to replica " + to_string(*transfer_target);
  if (hard.term != term_led) return "another replica began term " + std::to_string(hard.term.value());
  return "it heard from no majority for " + std::to_string(options.quorum_timeout_ms) + " ms";
}

void node::state::become_leader() {
  MARQUEE_ASSERT(own_role == role::candidate, "only a candidate becomes leader");
  // Offsets and times go on from the last entry; who cannot read its own log cannot lead.
  if (log.last_index() >= log.first_index()) {
    const auto last = log.read(log.last_index(), log.last_index() + 1, 1);
    if (!last || last->empty()) return become_follower(hard.term, std::nullopt);
    tail_offset = last->back().next_offset();
    tail_time_ms = last->back().append_time_ms;
  }
  // Everybody voted for it: nobody has more, so it is whole by definition.
  if (doubt.open) settle_doubt();
  own_role = role::leader;
  leader = options.self;
  term_led = hard.term;
  led_since_ms = now_ms;
  events.add({.kind = node_event_kind::leader_elected, .term = hard.term});
  events.settled();
  newly_created = false;
  hinted_until_ms = 0;
  uncommitted.clear();
  for (log_index next = std::max(commit + 1, log.first_index()); next <= log.last_index();) {
    const auto entries = log.read(next, log.last_index() + 1, options.append_bytes_most);
    if (!entries || entries->empty()) break;
    for (const entry& e : *entries) uncommitted.added(e.index, e.encoded_bytes());
    next = entries->back().index + 1;
  }
  term_start = log.last_index() + 1;
  membership_changed();
  proposal no_op;
  no_op.type = entry_type::no_op;
  append_own(std::move(no_op));
  next_heartbeat_ms = now_ms + options.heartbeat_interval_ms;
}

}  // namespace marquee::raft
