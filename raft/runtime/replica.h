#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "base/result.h"
#include "base/types.h"
#include "raft/core/entry.h"
#include "raft/core/node.h"
#include "raft/runtime/state_machine.h"
#include "raft/storage/log_store.h"

namespace marquee::net {
class event_loop;
}

namespace marquee::raft {

/// What differs from group to group and may change while it runs.
struct group_options {
  durability wanted = durability::durable;
  std::uint64_t segment_bytes = std::uint64_t{64} << 20;

  bool operator==(const group_options&) const = default;
};

/// Of an entry that was proposed here, is committed, and was applied here.
struct proposal_outcome {
  log_index index;
  term_number term;
  /// From `propose` until the entry was written to the operating system here.
  std::int64_t append_us = 0;
  /// The sync that covered it here; 0 when it was committed before the own disk had it.
  std::int64_t fsync_us = 0;
  /// From `propose` until it was committed and applied.
  std::int64_t commit_us = 0;
};
/// An error means that the entry had been appended and that its outcome is unknown: another leader may still
/// commit it.
using proposal_done = std::function<void(result<proposal_outcome>)>;

/// One replica of one group on this broker, as the broker's partition sees it. Made by `raft_host`; lives on
/// one event loop for good. Everything but `group`, `loop`, `self` and `set_options` belongs on that loop's
/// thread.
class replica {
 public:
  virtual ~replica() = default;
  replica() = default;
  replica(const replica&) = delete;
  replica& operator=(const replica&) = delete;

  [[nodiscard]] virtual const group_id& group() const = 0;
  [[nodiscard]] virtual replica_id self() const = 0;
  /// Post here to get onto the group's thread.
  [[nodiscard]] virtual net::event_loop& loop() const = 0;
  /// Takes effect soon, from any thread.
  virtual void set_options(const group_options& options) = 0;

  /// Appends an entry. A value means that it is in the leader's log at that index, and that `done` will be
  /// called exactly once, never from within `propose`. An error is definite: nothing was appended and `done`
  /// is dropped. Errors: not_leader (the message names the leader where known), unavailable (leadership is
  /// being handed over, or the replica is fenced), overloaded (too much is uncommitted or waits for the
  /// disk).
  ///
  /// Needs no `is_leader_ready`: whoever needs it asks.
  [[nodiscard]] virtual result<log_index> propose(proposal wanted, proposal_done done) = 0;
  /// `done` is called, never from within, once this replica was certainly leader after the call and has
  /// applied everything committed before it (thesis 6.4). Errors: not_leader, unavailable.
  virtual void read_barrier(std::function<void(result<>)> done) = 0;
  /// Asks; the result says only whether it was begun. Errors: not_leader, invalid_argument (not a voter).
  [[nodiscard]] virtual result<> transfer_leadership(replica_id target, transfer_reason why) = 0;
  /// Stands for election at once, also while another replica leads. Errors: refused (leads already, no voter,
  /// in doubt), unavailable (fenced).
  [[nodiscard]] virtual result<> campaign() = 0;
  /// Ends the active segment soon if it holds records and is full, or if its first entry was appended before
  /// `append_time_ms`; drops what lies in whole segments below the log start. To be called from time to time
  /// on every replica, for segments are each replica's own affair. The log start itself moves by proposing a
  /// `log_start` entry.
  virtual void tend_segments(std::int64_t append_time_ms) = 0;
  /// An operator accepts that what this replica may have lost with the machine's power is gone: it votes and
  /// counts again (DESIGN D4). False: it was not in doubt.
  [[nodiscard]] virtual bool accept_loss() { return false; }

  [[nodiscard]] virtual bool is_leader() const = 0;
  /// Leader, and the first entry of its own term is applied.
  [[nodiscard]] virtual bool is_leader_ready() const = 0;
  [[nodiscard]] virtual std::optional<replica_id> leader() const = 0;
  [[nodiscard]] virtual term_number term() const = 0;
  [[nodiscard]] virtual log_index commit_index() const = 0;
  [[nodiscard]] virtual log_index applied_index() const = 0;
  [[nodiscard]] virtual node_status status() const = 0;
  [[nodiscard]] virtual const group_log& log() const = 0;
  [[nodiscard]] virtual state_machine& machine() const = 0;
  /// Not empty: why this replica neither votes nor leads nor serves.
  [[nodiscard]] virtual const std::string& fenced() const = 0;
};

}  // namespace marquee::raft
