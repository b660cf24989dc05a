#include <algorithm>
#include <utility>

#include "base/assert.h"
#include "raft/core/node_state.h"
#include "raft/core/planted_bugs.h"

namespace marquee::raft {

/// Leaders replicate to every member of the current configuration, and to nobody else.
void node::state::membership_changed() {
  const configuration& now = members.current();
  std::erase_if(peers, [&](const auto& peer) { return !now.is_member(peer.first); });
  for (const replica_id& member : now.members()) {
    if (member == options.self || peers.contains(member)) continue;
    peer_replication peer(log.last_index() + 1);
    peer.last_heard_ms = now_ms;
    peers.emplace(member, peer);
  }
  if (transfer_target && !now.is_voter(*transfer_target)) transfer_target.reset();
  quorum_checked_until_ms = quorum_deadline_ms();
  replication_due = true;
}

void node::state::replicate() {
  for (auto& [replica, peer] : peers) replicate_to(replica, peer);
}

void node::state::replicate_to(const replica_id& replica, peer_replication& peer) {
  // What retention dropped here every voter holds: nothing below has to be asked for.
  if (peer.next() < log.first_index() && peer.may_send(options.inflight_appends_most))
    peer.probe_from(log.first_index());
  while (peer.may_send(options.inflight_appends_most)) {
    const bool has_news = peer.next() <= log.last_index();
    if (!has_news && !peer.is_probing()) return;
    const auto before_term = log.term_at(peer.next() - 1);
    // Older than the log's beginning: that replica needs segments, not appends.
    if (!before_term) return;
    message m = make(message_type::append_request, replica);
    m.index = peer.next() - 1;
    m.index_term = *before_term;
    m.commit = std::min(commit, peer.match());
    answer_doubt(m, peer);
    if (has_news) {
      auto entries = log.read(peer.next(), log.last_index() + 1, options.append_bytes_most);
      // Unreadable here: left alone until the next heartbeat's answer.
      if (!entries || entries->empty()) return;
      m.entries = std::move(*entries);
    }
    peer.sent(m.index + static_cast<std::int64_t>(m.entries.size()));
    send(std::move(m));
  }
}

/// An append without entries behind everything in flight: it is rejected if any of that was lost, and has no
/// room to wait for if the window is full (raft-pitfalls 21).
void node::state::ask_what_arrived(const replica_id& replica, peer_replication& peer) {
  const auto before_term = log.term_at(peer.next() - 1);
  if (!before_term) return;
  message m = make(message_type::append_request, replica);
  m.index = peer.next() - 1;
  m.index_term = *before_term;
  m.commit = std::min(commit, peer.match());
  answer_doubt(m, peer);
  peer.asked();
  send(std::move(m));
}

void node::state::on_append_response(const message& m) {
  const auto found = peers.find(m.from);
  if (own_role != role::leader || found == peers.end()) return;
  peer_replication& peer = found->second;
  peer.last_heard_ms = now_ms;
  const bool did_not_count = peer.in_doubt;
  if (!note_losses(m, peer)) return;
  if (m.rejected) return on_append_rejected(m, peer);
  if (m.index > log.last_index()) return;
  const bool is_news = peer.acknowledged(m.index);
  peer.lacks_the_beginning = false;
  if (m.in_doubt) tell_that_it_is_whole(m.from, peer);
  if (!is_news && peer.in_doubt == did_not_count) return;
  replication_due = true;
  advance_commit();
  if (transfer_target == m.from) continue_transfer();
}

/// Goes back to the last place where the logs can agree (Raft paper 5.3, end).
void node::state::on_append_rejected(const message& m, peer_replication& peer) {
  if (!peer.is_current_rejection(m.index)) return;
  peer.lacks_the_beginning = m.index < log.first_index();
  const log_index agreed = log.last_with_term_at_most(m.hint_term, std::min(m.hint_index, m.index - 1));
  peer.probe_from(agreed + 1);
  // One that lacks the log's beginning needs segments; it is asked again, but not without a pause.
  replication_due = replication_due || m.hint_index + 1 >= log.first_index();
}

/// Raft paper 5.4.2: only entries of the own term are committed by counting replicas, older ones with them
/// (raft-pitfalls 14). The leader counts itself by what is durable here (raft-pitfalls 36).
void node::state::advance_commit() {
  if (own_role != role::leader) return;
  const log_index everywhere = quorum_index(members.current(), [this](const replica_id& voter) {
    if (voter == options.self) return persists.durable_index();
    const auto peer = peers.find(voter);
    return peer == peers.end() || peer->second.in_doubt ? log_index(0) : peer->second.match();
  });
  if (planted(planted_bug::commits_without_a_majority) && persists.durable_index() >= term_start)
    return commit_up_to(persists.durable_index());
  if (everywhere < term_start && !planted(planted_bug::commits_old_terms_by_counting)) return;
  commit_up_to(everywhere);
}

void node::state::commit_up_to(log_index index) {
  if (index <= commit) return;
  commit = index;
  uncommitted.committed(index);
  members.committed(index);
}

}  // namespace marquee::raft
