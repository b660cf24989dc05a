#include <algorithm>
#include <limits>
#include <utility>

#include "base/assert.h"
#include "raft/core/entry_codec.h"
#include "raft/core/node_state.h"
#include "raft/core/planted_bugs.h"

namespace marquee::raft {

std::string node::state::who_leads() const {
  return leader ? "replica " + to_string(*leader) + " leads in term " + std::to_string(hard.term.value())
                : "no leader is known in term " + std::to_string(hard.term.value());
}

result<log_index> node::state::propose(proposal wanted) {
  if (own_role != role::leader) return fail(error_code::not_leader, who_leads());
  if (transfer_target)
    return fail(error_code::unavailable, "leadership is being handed over to replica " +
                                             to_string(*transfer_target) + "; ask again in a moment");
  if (wanted.record_count > 0 && wanted.base_offset != tail_offset)
    return fail(error_code::invalid_argument,
                "records begin at offset " + std::to_string(wanted.base_offset.value()) +
                    " but the log goes on at " + std::to_string(tail_offset.value()));
  if (wanted.type == entry_type::configuration)
    if (auto checked = check_configuration_proposal(wanted); !checked) return fail(checked);
  if (wanted.type == entry_type::log_start)
    if (auto checked = check_log_start_proposal(wanted); !checked) return fail(checked);
  std::size_t size = entry_header_bytes + wanted.head.size();
  for (const shared_bytes& part : wanted.payload) size += part.size();
  if (size > largest_entry_bytes)
    return fail(error_code::too_large,
                "an entry has at most " + std::to_string(largest_entry_bytes) + " bytes");
  if (!uncommitted.has_room(size, options.uncommitted_bytes_most))
    return fail(error_code::overloaded, std::to_string(uncommitted.total()) +
                                            " bytes wait to be committed; the followers do not keep up");
  append_own(std::move(wanted));
  return log.last_index();
}

/// One change at a time, and only after an entry of the own term is committed (raft-pitfalls 47).
result<> node::state::check_configuration_proposal(const proposal& wanted) const {
  const auto decoded = decode_configuration(wanted.head);
  if (!decoded) return fail(error_code::invalid_argument, decoded.error().message);
  if (decoded->empty()) return fail(error_code::invalid_argument, "a configuration has at least one voter");
  if (commit < term_start || commit < members.current_index())
    return fail(error_code::unavailable,
                "the configuration before, or the first entry of this term, is not committed yet");
  return {};
}

void node::state::append_own(proposal wanted) {
  entry e;
  e.term = hard.term;
  e.index = log.last_index() + 1;
  e.type = wanted.type;
  e.base_offset = tail_offset;
  e.record_count = wanted.record_count;
  e.append_time_ms = std::max(tail_time_ms, wanted.append_time_ms);
  e.head = std::move(wanted.head);
  e.payload = std::move(wanted.payload);
  seal_entry(e);
  tail_offset = e.next_offset();
  tail_time_ms = e.append_time_ms;
  uncommitted.added(e.index, e.encoded_bytes());
  if (e.type == entry_type::configuration) {
    auto decoded = decode_configuration(e.head);
    MARQUEE_ASSERT(decoded.has_value(), "checked before");
    members.append(e.index, std::move(*decoded));
    log.append(std::move(e));
    membership_changed();
  } else {
    log.append(std::move(e));
  }
  replication_due = true;
}

/// CheckQuorum (thesis 6.2): a leader that reaches no majority may have been replaced; it stops saying that
/// it leads.
void node::state::tick_leader() {
  if (now_ms >= quorum_checked_until_ms) quorum_checked_until_ms = quorum_deadline_ms();
  if (now_ms >= quorum_checked_until_ms) return become_follower(hard.term, std::nullopt);
  if (transfer_target && now_ms >= transfer_deadline_ms) {
    events.add({.kind = node_event_kind::transfer_given_up,
                .term = hard.term,
                .other = transfer_target,
                .why = "it did not take over in time"});
    transfer_target.reset();
  }
  if (now_ms >= next_heartbeat_ms) {
    next_heartbeat_ms = now_ms + options.heartbeat_interval_ms;
    send_heartbeats();
  }
}

std::int64_t node::state::quorum_deadline_ms() const {
  constexpr std::int64_t always = std::numeric_limits<std::int64_t>::max();
  const std::int64_t heard_ms = quorum_value(members.current(), [this](const replica_id& voter) {
    if (voter == options.self) return always;
    const auto peer = peers.find(voter);
    return peer == peers.end() ? std::numeric_limits<std::int64_t>::min() : peer->second.last_heard_ms;
  });
  if (heard_ms == always) return always;
  return std::max<std::int64_t>(heard_ms, 0) + options.quorum_timeout_ms + 1;
}

void node::state::send_heartbeats() {
  for (const auto& [replica, peer] : peers) {
    message m = make(message_type::heartbeat_request, replica);
    m.commit = std::min(commit, peer.match());
    m.context = barriers.round();
    send(std::move(m));
  }
}

void node::state::on_heartbeat_response(const message& m) {
  const auto found = peers.find(m.from);
  if (own_role != role::leader || found == peers.end()) return;
  peer_replication& peer = found->second;
  peer.last_heard_ms = now_ms;
  peer.confirmed_context = std::max(peer.confirmed_context, m.context);
  if (peer.heartbeat_answered()) {
    if (peer.has_in_flight()) ask_what_arrived(m.from, peer);
    if (peer.is_probing() || peer.next() <= log.last_index()) replication_due = true;
  }
  if (m.in_doubt) tell_that_it_is_whole(m.from, peer);
  confirm_reads();
  if (transfer_target == m.from) continue_transfer();
}

/// Thesis 6.4: only with an entry of the own term committed is the commit index known to be the latest
/// (raft-pitfalls 58); a round of heartbeats then proves that nobody else led when it began.
void node::state::begin_reads() {
  if (commit < term_start || !barriers.wants_round()) return;
  barriers.begin_round(commit);
  send_heartbeats();
  confirm_reads();
}

void node::state::confirm_reads() {
  barriers.take_confirmed(
      [this](std::uint64_t round) {
        return has_quorum(members.current(), [this, round](const replica_id& voter) {
          if (voter == options.self) return true;
          const auto peer = peers.find(voter);
          if (planted(planted_bug::counts_late_read_answers)) return peer != peers.end();
          return peer != peers.end() && peer->second.confirmed_context >= round;
        });
      },
      reads);
}

/// Thesis 3.10.
result<> node::state::transfer_leadership(const replica_id& target, transfer_reason why) {
  if (own_role != role::leader) return fail(error_code::not_leader, who_leads());
  if (!members.current().is_voter(target))
    return fail(error_code::invalid_argument,
                "replica " + to_string(target) + " is no voter of this group and cannot lead it");
  if (target == options.self) return {};
  transfer_target = target;
  transfer_why = why;
  transfer_deadline_ms = now_ms + options.election_timeout_most_ms;
  events.add({.kind = node_event_kind::transfer_started, .term = hard.term, .other = target});
  continue_transfer();
  return {};
}

/// No new proposals are taken meanwhile, so that the target catches up (raft-pitfalls 60).
void node::state::continue_transfer() {
  const auto peer = peers.find(*transfer_target);
  if (peer == peers.end() || peer->second.in_doubt || peer->second.match() != log.last_index()) return;
  message order = make(message_type::timeout_now, *transfer_target);
  order.transfer = transfer_why == transfer_reason::order;
  send(std::move(order));
}

}  // namespace marquee::raft
