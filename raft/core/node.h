#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/types.h"
#include "raft/core/configuration.h"
#include "raft/core/entry.h"
#include "raft/core/hard_state.h"
#include "raft/core/log_reader.h"
#include "raft/core/message.h"
#include "raft/core/node_event.h"

namespace marquee::raft {

struct node_options {
  replica_id self;
  std::int64_t election_timeout_least_ms = 500;
  std::int64_t election_timeout_most_ms = 1000;
  std::int64_t heartbeat_interval_ms = 100;
  /// A leader that has not heard from a majority for this long steps down.
  std::int64_t quorum_timeout_ms = 1000;
  /// After a hint that the leader died a replica waits its rank times this, plus jitter.
  std::int64_t failover_step_ms = 10;
  std::size_t append_bytes_most = std::size_t{1} << 20;
  std::size_t inflight_appends_most = 32;
  /// Proposals are refused beyond this much uncommitted payload (raft-pitfalls 23).
  std::size_t uncommitted_bytes_most = std::size_t{64} << 20;
  /// Seeds the jitter; equal seeds and inputs give equal outputs.
  std::uint64_t seed = 1;
};

/// What a replica of a group with relaxed durability knows of its own losses (DESIGN D4).
struct doubt_state {
  /// How often it may have lost what it had acknowledged: power went while its writes were not synced.
  std::uint64_t number = 0;
  /// Since the last time it has not been whole again: its votes and acknowledgements do not count.
  bool open = false;
  /// Writes may be lost here, in this life or in one before.
  bool possible = false;

  bool operator==(const doubt_state&) const = default;
};

/// What storage found at start, or what a bootstrap record says for a new group.
struct restored_state {
  hard_state hard;
  /// As of `commit_index`: the node itself reads the entries above it.
  configuration base_configuration;
  /// Known to be committed: at least what is in segments.
  log_index commit_index;
  /// Applied by the state machine that was restored with it.
  log_index applied_index;
  /// A group that nobody has voted in yet: rank 0 campaigns at once (DESIGN D18).
  bool newly_created = false;
  /// Of the last entry before the log, for a log that has no entries: the first no-op goes on from these.
  record_offset next_offset;
  std::int64_t append_time_ms = 0;
  doubt_state doubt;
};

enum class role : std::uint8_t { follower, pre_candidate, candidate, leader };

/// To be made durable as one unit, in the order of the ids. Truncation comes before the entries.
struct persist_request {
  /// Grows by one with each request of this node.
  std::uint64_t id = 0;
  std::optional<hard_state> hard;
  /// Entries from this index on are gone.
  std::optional<log_index> truncate_from;
  std::vector<entry> entries;
  /// The doubt is over; to be remembered, so that a restart does not bring it back.
  bool settles_doubt = false;
};

struct read_ready {
  std::uint64_t id = 0;
  /// A read that sees everything applied up to here is linearizable; without value: no longer leader, ask
  /// elsewhere.
  std::optional<log_index> index;
};

struct leadership {
  role own_role = role::follower;
  term_number term;
  std::optional<replica_id> leader;
  bool operator==(const leadership&) const = default;
};

/// What has to be done after a batch of inputs, in this order: hand `persist` to the log; send `send_now`;
/// once that persist is durable, call `node::persisted(id)` and send `send_after_persist` (if `persist` is
/// empty these wait for the newest one handed out, or for nothing when all are durable: then the node puts
/// them into `send_now`).
///
/// A log that does not take `persist` for now (overloaded) has to be asked again before anything else is
/// done. Until it took it, the node must be given no append_request and no proposal, and no further work be
/// taken.
struct work {
  std::optional<persist_request> persist;
  std::vector<message> send_now;
  std::vector<message> send_after_persist;
  /// Everything up to here is committed and may be applied.
  log_index commit_index;
  std::vector<read_ready> reads;
  /// Set when it changed.
  std::optional<leadership> leadership_change;
  /// An entry arrived that this release cannot read (DESIGN D24): nothing of that message was taken. The
  /// replica falls behind until a newer release runs; the text is for the log.
  std::optional<error> unreadable;
  /// What this replica has committed is not what the leader has committed: losses were accepted while this
  /// one was away (DESIGN D4). It must stand aside; nothing of it was changed. Only where losses are
  /// possible.
  std::optional<error> given_up;
  /// What people want to know of; nothing has to be done.
  std::vector<node_event> events;
};

struct peer_progress {
  replica_id replica;
  bool voter = false;
  log_index match;
  log_index next;
  /// Heard from within the election time-out.
  bool active = false;
  /// It is catching up after it lost writes, and does not count (DESIGN D4).
  bool in_doubt = false;
};

struct node_status {
  leadership now;
  log_index commit_index;
  log_index last_index;
  configuration members;
  /// This replica's own.
  bool in_doubt = false;
  /// Leader only: so long ago its term began because an operator wanted this replica to lead. Nothing: it was
  /// elected because the group needed a leader.
  std::optional<std::int64_t> ordered_ms_ago;
  /// Leader only.
  std::vector<peer_progress> progress;
};

enum class transfer_reason : std::uint8_t {
  own,    ///< this process stops, or cannot lead well
  order,  ///< an operator wants the target to lead
};

enum class peer_loss : std::uint8_t {
  reset,    ///< the connection broke: a strong hint that the process died
  goodbye,  ///< it was closed as planned: no hint
};

/// One replica's part in the consensus of one group: Ongaro and Ousterhout 2014 ("the Raft paper") with
/// PreVote and CheckQuorum (thesis 9.6, 6.2) as DESIGN D18 wants them.
///
/// A pure function of state and input (DESIGN D3): no thread, clock, file, socket or random device. Inputs
/// may be batched; then `take_work` tells what to do. Owned by the group's thread.
///
/// Invariants (Raft paper, figure 3): election safety, leader append-only, log matching, leader completeness,
/// state machine safety. A violation that the node can see (two leaders in a term, truncation below the
/// commit index) is an assertion: the process stops rather than go on with it. Where writes may be lost
/// (relaxed durability) and an operator accepted a loss, committed entries of a replica that was away may
/// differ from the leader's: it stands aside (`work::given_up`).
class node {
 public:
  /// `log` must outlive the node.
  node(node_options options, restored_state restored, const log_reader& log);
  ~node();
  node(const node&) = delete;
  node& operator=(const node&) = delete;

  /// Tells the time, in milliseconds of a monotonic clock. Call at `next_deadline_ms`, and before other
  /// inputs. `awake_since_ms`: from then on this process has never stood still for as long as two heartbeat
  /// intervals. If it did before, the leader's silence proves nothing (raft-pitfalls 13).
  void tick(std::int64_t now_ms, std::int64_t awake_since_ms);
  /// A tick before it changes nothing but the time. Every other input may move it, either way. The largest
  /// value: nothing is waited for.
  [[nodiscard]] std::int64_t next_deadline_ms() const;
  void step(const message& received);
  /// Appends at the leader; gives the index. The node itself sets the base offset of entries without
  /// records, and keeps append times from going back. Errors (nothing was appended): not_leader (the message
  /// names the leader), overloaded (too much is uncommitted), unavailable (leadership is being handed over;
  /// for a configuration also: the one before it, or the term's first entry, is not committed),
  /// invalid_argument (records do not begin at the log's next offset; unreadable configuration or log start,
  /// or one beyond what is applied), refused (a log start beyond what every member is known to hold).
  [[nodiscard]] result<log_index> propose(proposal wanted);
  /// Everything up to this persist id is durable here.
  void persisted(std::uint64_t persist_id);
  /// Applied by the state machine, so that a new configuration counts as applied (raft-pitfalls 48).
  void applied(log_index index);
  /// Asks for a moment at which this node was certainly leader (thesis 6.4). The answer comes in
  /// `work::reads`.
  void read_barrier(std::uint64_t id);
  /// Hands leadership to `target` when it has caught up. Errors: not_leader, invalid_argument (not a voter).
  [[nodiscard]] result<> transfer_leadership(replica_id target, transfer_reason why = transfer_reason::own);
  /// An operator wants this node to stand for election at once. The leader's liveness is no objection, as
  /// after a transfer: if it lives it steps down. Errors: refused (it leads already, is no voter, or is in
  /// doubt).
  [[nodiscard]] result<> campaign();
  /// Writes of this group may be lost from here on (DESIGN D4).
  void losses_are_possible();
  /// An operator accepts that what this replica has lost is gone: its doubt is over (DESIGN D4). False if
  /// there was none.
  bool accept_loss();
  /// This broker's own connection to another broker came up, or was lost.
  void peer_up(broker_id broker);
  void peer_down(broker_id broker, peer_loss how);

  [[nodiscard]] bool has_work() const;
  [[nodiscard]] work take_work();

  [[nodiscard]] node_status status() const;
  [[nodiscard]] bool is_leader() const;
  [[nodiscard]] term_number term() const;
  [[nodiscard]] log_index commit_index() const;
  [[nodiscard]] std::optional<replica_id> leader() const;
  [[nodiscard]] bool in_doubt() const;

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace marquee::raft
