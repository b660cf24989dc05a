#include "raft/core/node.h"

#include <utility>

#include "base/assert.h"
#include "raft/core/node_state.h"

namespace marquee::raft {
namespace {

bool is_request_of_a_leader(message_type type) {
  return type == message_type::append_request || type == message_type::heartbeat_request;
}

/// Replicas get different jitter from the same seed.
std::uint64_t own_seed(const node_options& options) {
  return options.seed * 0x9e3779b97f4a7c15ULL +
         static_cast<std::uint64_t>(options.self.broker.value()) * 7919 +
         static_cast<std::uint64_t>(options.self.incarnation.value());
}

}  // namespace

node::state::state(node_options wanted, restored_state restored, const log_reader& reader)
    : options(wanted),
      random(own_seed(wanted)),
      log(reader),
      members(std::move(restored.base_configuration)),
      persists(reader.last_index()),
      hard(restored.hard),
      commit(restored.commit_index),
      applied(restored.applied_index),
      doubt(restored.doubt),
      newly_created(restored.newly_created && restored.hard.term == term_number(0)),
      tail_offset(restored.next_offset),
      tail_time_ms(restored.append_time_ms),
      reported_commit_(restored.commit_index),
      reported_leadership_{role::follower, restored.hard.term, std::nullopt} {
  MARQUEE_ASSERT(commit <= log.last_index(), "what is committed is in the log");
  for (log_index next = std::max(commit + 1, log.first_index()); next <= log.last_index();) {
    const auto entries = log.read(next, log.last_index() + 1, options.append_bytes_most);
    MARQUEE_ASSERT(entries && !entries->empty(),
                   "storage hands over a log that can be read above the commit");
    for (const entry& e : *entries) {
      if (e.type != entry_type::configuration) continue;
      auto decoded = decode_configuration(e.head);
      MARQUEE_ASSERT(decoded.has_value(), "configurations are checked before they get into the log");
      members.append(e.index, std::move(*decoded));
    }
    next = entries->back().index + 1;
  }
}

/// Raft paper 4.1 of the thesis: requests are handled whatever the own configuration says, because it may
/// lag. But a broker whose disk was replaced (DESIGN D8) is believed only when it provably knows more than
/// this log does.
bool node::state::is_from_replaced_incarnation(const message& m) const {
  if (members.current().is_member(m.from)) return false;
  bool replaced = false;
  for (const replica_id& member : members.current().members())
    replaced = replaced || member.broker == m.from.broker;
  if (!replaced || is_request_of_a_leader(m.type)) return false;
  if (m.type != message_type::vote_request && m.type != message_type::pre_vote_request) return true;
  const term_number own_last = log.last_term();
  return m.index_term < own_last || (m.index_term == own_last && m.index <= log.last_index());
}

void node::state::step(const message& m) {
  if (m.to != options.self || m.from == options.self || is_from_replaced_incarnation(m)) return;
  if (m.type == message_type::pre_vote_request) return on_pre_vote_request(m);
  if (m.term < hard.term) return step_with_older_term(m);
  if (m.term > hard.term) {
    switch (m.type) {
      case message_type::vote_request:  // decides itself whether the term is worth following
      case message_type::append_request:
      case message_type::heartbeat_request:
        break;
      case message_type::pre_vote_response:
        // A grant carries the term that was asked for.
        if (!m.rejected) break;
        [[fallthrough]];
      case message_type::vote_response:
      case message_type::append_response:
      case message_type::heartbeat_response:
        return become_follower(m.term, std::nullopt);
      case message_type::timeout_now:
        return;  // from a leader that this node has not heard of: it would have
      case message_type::pre_vote_request:
        return;
    }
  }
  switch (m.type) {
    case message_type::pre_vote_request:
      return on_pre_vote_request(m);
    case message_type::pre_vote_response:
      return on_pre_vote_response(m);
    case message_type::vote_request:
      return on_vote_request(m);
    case message_type::vote_response:
      return on_vote_response(m);
    case message_type::append_request:
      return on_append_request(m);
    case message_type::append_response:
      return on_append_response(m);
    case message_type::heartbeat_request:
      return on_heartbeat_request(m);
    case message_type::heartbeat_response:
      return on_heartbeat_response(m);
    case message_type::timeout_now:
      return on_timeout_now(m);
  }
}

/// Whoever is behind learns the newer term from the answer (raft-pitfalls 5); answers to what this node asked
/// in an earlier term are dropped (raft-pitfalls 19).
void node::state::step_with_older_term(const message& m) {
  message_type answer_type;
  if (m.type == message_type::vote_request)
    answer_type = message_type::vote_response;
  else if (m.type == message_type::append_request)
    answer_type = message_type::append_response;
  else if (m.type == message_type::heartbeat_request)
    answer_type = message_type::heartbeat_response;
  else
    return;
  message answer = make(answer_type, m.from);
  answer.rejected = true;
  answer.index = m.index;
  send_when_vote_is_durable(std::move(answer));
}

node::node(node_options options, restored_state restored, const log_reader& log)
    : state_(std::make_unique<state>(options, std::move(restored), log)) {}
node::~node() = default;

void node::tick(std::int64_t now_ms, std::int64_t awake_since_ms) {
  state_->tick(now_ms, awake_since_ms);
}

std::int64_t node::next_deadline_ms() const {
  return state_->next_deadline_ms();
}

void node::step(const message& received) {
  state_->step(received);
}

result<log_index> node::propose(proposal wanted) {
  return state_->propose(std::move(wanted));
}

void node::persisted(std::uint64_t persist_id) {
  state_->persists.persisted(persist_id);
  if (state_->own_role == role::candidate && state_->persists.is_durable(state_->own_vote_persist_id)) {
    state_->votes.record(state_->options.self,
                         state_->doubt.open ? vote_answer::granted_in_doubt : vote_answer::granted);
    state_->count_votes();
  }
  state_->advance_commit();
}

void node::applied(log_index index) {
  MARQUEE_ASSERT(index <= state_->commit, "only what is committed is applied");
  state_->applied = std::max(state_->applied, index);
}

void node::read_barrier(std::uint64_t id) {
  if (state_->own_role != role::leader || !state_->barriers.add(id))
    state_->reads.push_back({id, std::nullopt});
}

result<> node::transfer_leadership(replica_id target, transfer_reason why) {
  return state_->transfer_leadership(target, why);
}

result<> node::campaign() {
  return state_->campaign_at_once();
}

void node::losses_are_possible() {
  state_->doubt.possible = true;
}

bool node::accept_loss() {
  if (!state_->doubt.open) return false;
  state_->settle_doubt();
  return true;
}

void node::peer_up(broker_id broker) {
  state_->lost_brokers.erase(broker);
  for (auto& [replica, peer] : state_->peers)
    if (replica.broker == broker) {
      peer.connection_back();
      state_->replication_due = true;
    }
}

void node::peer_down(broker_id broker, peer_loss how) {
  state_->lost_brokers.insert(broker);
  for (auto& [replica, peer] : state_->peers)
    if (replica.broker == broker) {
      peer.connection_lost();
      if (state_->transfer_target == replica) {
        state_->events.add({.kind = node_event_kind::transfer_given_up,
                            .term = state_->hard.term,
                            .other = replica,
                            .why = "the connection to it was lost"});
        state_->transfer_target.reset();
      }
    }
  if (how == peer_loss::reset) state_->note_hint(broker);
}

bool node::has_work() const {
  return state_->has_work();
}
work node::take_work() {
  return state_->take_work();
}

node_status node::status() const {
  node_status status;
  status.now = state_->current_leadership();
  status.commit_index = state_->commit;
  status.last_index = state_->log.last_index();
  status.members = state_->members.current();
  status.in_doubt = state_->doubt.open;
  if (is_leader() && state_->cause == election_cause::order)
    status.ordered_ms_ago = state_->now_ms - state_->led_since_ms;
  for (const auto& [replica, peer] : state_->peers)
    status.progress.push_back(
        {replica, status.members.is_voter(replica), peer.match(), peer.next(),
         state_->now_ms - peer.last_heard_ms <= state_->options.election_timeout_most_ms, peer.in_doubt});
  return status;
}

bool node::is_leader() const {
  return state_->own_role == role::leader;
}
term_number node::term() const {
  return state_->hard.term;
}
log_index node::commit_index() const {
  return state_->commit;
}
std::optional<replica_id> node::leader() const {
  return state_->leader;
}
bool node::in_doubt() const {
  return state_->doubt.open;
}

}  // namespace marquee::raft
