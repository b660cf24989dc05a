// Replicas that may have lost what they acknowledged (DESIGN D4).
//
// A replica of a group with relaxed durability acknowledges what the operating system has. If power goes
// before the sync, it comes back with a shorter log, and everything that Raft concludes from its earlier
// answers is wrong. The same holds for one whose disk has damaged its log and that was cut off at the first
// entry it cannot read. So it is in doubt: what it says does not count until it is whole again.
//
// Whole means: it holds what a leader that knows of its loss holds, up to the leader's commit index and to
// the first entry of the leader's term. Everything that was committed in earlier terms lies before that entry
// (leader completeness); what this leader committed with the help of an answer from before the loss is at or
// below its commit index; and such answers count no more once it knows, for each carries the number of losses
// that it comes after.
#include <algorithm>
#include <string>

#include "base/assert.h"
#include "raft/core/node_state.h"
#include "raft/core/planted_bugs.h"

namespace marquee::raft {

/// Answers to appends.
void node::state::note_doubt(message& answer) const {
  answer.in_doubt = doubt.open;
  answer.context = doubt.number;
}

void node::state::settle_doubt() {
  doubt.open = false;
  doubt_was_settled = true;
  events.add({.kind = node_event_kind::doubt_settled, .term = hard.term});
}

/// The log matches the leader's up to `match`.
void node::state::settle_if_whole(const message& append, log_index match) {
  if (!doubt.open) return;
  if (planted(planted_bug::settles_doubt_too_early)) return settle_doubt();
  if (append.in_doubt && append.context == doubt.number && match >= append.hint_index) settle_doubt();
}

/// What this replica lost the leader does not have any more either.
void node::state::stand_aside_unfillable(const message& append) {
  if (given_up) return;
  given_up = error{error_code::corrupt,
                   "it lost entries from " + std::to_string((log.last_index() + 1).value()) +
                       " on and cannot be filled again: the log of replica " + to_string(append.from) +
                       ", which leads, begins with entry " + std::to_string((append.index + 1).value())};
}

vote_answer node::state::answer_of(const message& vote) const {
  if (vote.rejected) return vote_answer::refused;
  return vote.in_doubt ? vote_answer::granted_in_doubt : vote_answer::granted;
}

bool node::state::conflicts_with_what_is_committed(const message& append) const {
  const auto differs = [this](log_index index, term_number term) {
    const auto own = log.term_at(index);
    return own && *own != term;
  };
  if (append.index <= commit && differs(append.index, append.index_term)) return true;
  return std::ranges::any_of(append.entries,
                             [&](const entry& e) { return e.index <= commit && differs(e.index, e.term); });
}

/// Only an operator who accepted a loss can have brought this about: the others went on without what this
/// replica, or a learner that has no vote, still has.
void node::state::stand_aside(const message& append) {
  MARQUEE_ASSERT(doubt.possible, "a leader has other entries than those that are committed here");
  if (given_up) return;
  given_up = error{error_code::corrupt,
                   "committed entries of this replica (up to index " + std::to_string(commit.value()) +
                       ") are not those of replica " + to_string(append.from) + ", which leads in term " +
                       std::to_string(append.term.value()) + ": a loss was accepted while this one was away"};
}

// The leader's side.

void node::state::answer_doubt(message& append, const peer_replication& peer) const {
  if (!peer.in_doubt) return;
  append.in_doubt = true;
  append.context = peer.losses();
  append.hint_index = settling_index();
  append.rejected = peer.lacks_the_beginning;
}

bool node::state::note_losses(const message& answer, peer_replication& peer) {
  if (answer.context < peer.losses()) return false;
  if (answer.context > peer.losses())
    peer.lost_entries(answer.context, std::min(answer.index, log.last_index()) + 1);
  peer.in_doubt = answer.in_doubt;
  return true;
}

/// When it has everything but does not know it, or has not said yet what it lacks.
void node::state::tell_that_it_is_whole(const replica_id& replica, peer_replication& peer) {
  if (peer.is_probing() || peer.has_in_flight() || peer.match() < settling_index()) return;
  ask_what_arrived(replica, peer);
}

}  // namespace marquee::raft
