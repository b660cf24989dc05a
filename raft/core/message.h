#pragma once

#include <cstdint>
#include <vector>

#include "base/types.h"
#include "raft/core/entry.h"

namespace marquee::raft {

enum class message_type : std::uint8_t {
  pre_vote_request = 1,
  pre_vote_response = 2,
  vote_request = 3,
  vote_response = 4,
  append_request = 5,
  append_response = 6,
  heartbeat_request = 7,
  heartbeat_response = 8,
  timeout_now = 9,
};

/// One message between two replicas of a group. A field that the type does not use stays at its default.
struct message {
  message_type type = message_type::heartbeat_request;
  replica_id from;
  replica_id to;
  /// The sender's term; in a pre-vote request the term it would campaign in, in its grant that same term.
  term_number term;
  /// append_request: index and term of the entry before `entries`. Votes: the candidate's last index and
  /// term. append_response: `index` is the last index that is durable and matches, or on a rejection the
  /// index that was rejected.
  log_index index;
  term_number index_term;
  std::vector<entry> entries;
  /// append_request, heartbeat_request: the leader's commit index, never above what the receiver is known to
  /// match.
  log_index commit;
  /// Votes: not granted. append_response: the entry before did not match. append_request to a replica in
  /// doubt: what it lacks is no longer in the leader's log.
  bool rejected = false;
  /// append_response, rejected: where the leader should go on (raft paper 5.3, end): the follower's largest
  /// index whose term is at most `index_term`, and that term.
  log_index hint_index;
  term_number hint_term;
  /// Read barriers: heartbeats carry the newest one, responses return it (0: none). append_response: how
  /// often the sender has lost writes (`doubt_state::number`); append_request to a replica in doubt: that
  /// number returned.
  std::uint64_t context = 0;
  /// vote_request: the old leader asked for this election (thesis 3.10), so its liveness is no objection.
  /// timeout_now: an operator wanted it.
  bool transfer = false;
  /// The sender is in doubt (DESIGN D4): its vote counts only among the votes of all, its acknowledgement not
  /// at all. append_request: an answer to the receiver's doubt; it ends when the receiver holds everything up
  /// to `hint_index`.
  bool in_doubt = false;
};

}  // namespace marquee::raft
