#pragma once

#include "base/bytes.h"
#include "base/result.h"
#include "base/types.h"
#include "raft/core/entry.h"
#include "raft/core/node.h"
#include "raft/storage/log_store.h"

namespace marquee::raft {

/// What a replica's committed entries are for: the broker's partition implements it. Made by the host's
/// factory, owned by its `replica`, which outlives it. Every call comes on the group's thread; the destructor
/// runs after `stopped`, with the last reference to the replica, on any thread.
///
/// Order of calls: `restore` once, first. Then per committed entry, in log order and each exactly once:
/// `apply`, `leader_ready` if that entry makes the leader ready, and then the proposer's callback. When
/// leadership is lost, the callbacks of all pending proposals fail before `leadership_changed` is called.
class state_machine {
 public:
  virtual ~state_machine() = default;

  /// Takes the state back that `make_state` gave once; for a group that never had a state block
  /// `from.applied` is 0 and `from.application_state` empty. Errors: corrupt, unsupported: the replica is
  /// fenced.
  [[nodiscard]] virtual result<> restore(const state_block& from) = 0;
  /// Of every type, no-ops and configurations too.
  virtual void apply(const entry& committed) = 0;
  /// Role, term or known leader changed. A leader must not serve before `leader_ready`.
  virtual void leadership_changed(const leadership& now) = 0;
  /// The first entry of the leader's own term is applied: from here on it may serve (DESIGN D10, D13).
  virtual void leader_ready(term_number term) = 0;
  /// `application_state` as of the last applied entry. A function of the log alone: equal on all replicas.
  [[nodiscard]] virtual shared_bytes make_state() = 0;
  /// The replica stopped for good (fenced, removed, or the process stops): nothing is called after it.
  virtual void stopped(const error& why) = 0;
};

}  // namespace marquee::raft
