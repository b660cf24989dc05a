#include <algorithm>
#include <utility>

#include "base/assert.h"
#include "raft/core/node_state.h"
#include "raft/core/planted_bugs.h"

namespace marquee::raft {
namespace {

/// Entries that leave a hole, or whose terms go back, are no append (raft-pitfalls 24).
bool is_well_formed(const message& m) {
  log_index index = m.index;
  term_number term = m.index_term;
  for (const entry& e : m.entries) {
    if (e.index != index + 1 || e.term < term || e.term > m.term) return false;
    index = e.index;
    term = e.term;
  }
  return true;
}

}  // namespace

/// A valid message of a current leader: its term is ours from now on, and it was heard.
void node::state::follow(const message& from_leader) {
  if (from_leader.term == hard.term) {
    // Raft paper 5.2: at most one leader per term. Two of them mean that a vote was forgotten: going on would
    // lose data (raft-pitfalls 11).
    MARQUEE_ASSERT(own_role != role::leader,
                   "two leaders in one term: another replica leads in this term too");
    MARQUEE_ASSERT(!leader || leader == from_leader.from, "two leaders in one term");
  }
  const std::int64_t deadline_ms = election_deadline_ms;
  if (from_leader.term > hard.term || leader != from_leader.from || own_role != role::follower)
    become_follower(from_leader.term, from_leader.from);
  newly_created = false;
  leader_heard_ms = now_ms;
  restart_election_timer();
  // What arrives after the connection broke was sent before: it does not call the election off.
  if (is_hurried() && lost_brokers.contains(from_leader.from.broker)) election_deadline_ms = deadline_ms;
}

void node::state::on_heartbeat_request(const message& m) {
  follow(m);
  // The leader knows that this log matches its own up to m.commit: never beyond (raft-pitfalls 15).
  commit_up_to(std::min(m.commit, log.last_index()));
  message answer = make(message_type::heartbeat_response, m.from);
  answer.context = m.context;
  answer.in_doubt = doubt.open;
  send_when_vote_is_durable(std::move(answer));
}

/// Raft paper, figure 2, AppendEntries.
void node::state::on_append_request(const message& m) {
  if (!is_well_formed(m)) return;
  follow(m);
  if (conflicts_with_what_is_committed(m)) return stand_aside(m);
  if (m.rejected && doubt.open && m.context == doubt.number) return stand_aside_unfillable(m);
  if (m.index < commit) {
    // Delayed or repeated. What is committed here is equal there; only what is beyond it is news
    // (raft-pitfalls 16).
    const auto known = std::min<std::int64_t>(commit - m.index, static_cast<std::int64_t>(m.entries.size()));
    if (m.index + known < commit) return acknowledge(m, commit);
    return take_entries(m, static_cast<std::size_t>(known));
  }
  const auto own_term = log.term_at(m.index);
  if (!own_term || *own_term != m.index_term) return reject_append(m);
  take_entries(m, 0);
}

void node::state::take_entries(const message& m, std::size_t skipped) {
  auto next = m.entries.begin() + static_cast<std::ptrdiff_t>(skipped);
  // What is there already stays: only an entry of another term conflicts.
  if (!planted(planted_bug::truncates_on_every_append))
    while (next != m.entries.end() && log.term_at(next->index) == next->term) ++next;

  std::vector<std::pair<log_index, configuration>> configurations;
  for (auto e = next; e != m.entries.end(); ++e) {
    if (e->type != entry_type::configuration) continue;
    auto decoded = decode_configuration(e->head);
    if (!decoded) {
      unreadable =
          error{decoded.error().code, "entry " + std::to_string(e->index.value()) + " from replica " +
                                          to_string(m.from) + ": " + decoded.error().message};
      return;
    }
    configurations.emplace_back(e->index, std::move(*decoded));
  }
  if (next != m.entries.end()) {
    if (next->index <= log.last_index()) truncate_from(next->index);
    for (; next != m.entries.end(); ++next) log.append(*next);
    for (auto& [index, decoded] : configurations) members.append(index, std::move(decoded));
  }
  const log_index verified = m.index + static_cast<std::int64_t>(m.entries.size());
  commit_up_to(std::min(m.commit, verified));
  acknowledge(m, verified);
}

void node::state::truncate_from(log_index index) {
  MARQUEE_ASSERT(index > commit, "what is committed is never truncated");
  log.truncate_from(index);
  persists.truncated_from(index);
  (void)members.truncate_from(index);
}

void node::state::acknowledge(const message& m, log_index match) {
  settle_if_whole(m, match);
  message answer = make(message_type::append_response, m.from);
  answer.index = match;
  note_doubt(answer);
  send_when_log_is_durable(std::move(answer));
}

/// Raft paper 5.3, end: tells in one answer how far to go back (raft-pitfalls 22).
void node::state::reject_append(const message& m) {
  message answer = make(message_type::append_response, m.from);
  answer.rejected = true;
  answer.index = m.index;
  answer.hint_index = log.last_with_term_at_most(m.index_term, m.index);
  answer.hint_term = log.term_at(answer.hint_index).value_or(term_number(0));
  note_doubt(answer);
  send_when_vote_is_durable(std::move(answer));
}

}  // namespace marquee::raft
