#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/file_system.h"
#include "base/metrics.h"
#include "base/process_stamp.h"
#include "base/result.h"
#include "base/types.h"
#include "base/uuid.h"
#include "net/endpoint.h"
#include "raft/core/configuration.h"
#include "raft/core/node.h"
#include "raft/runtime/leader_table.h"
#include "raft/runtime/replica.h"
#include "raft/runtime/state_machine.h"
#include "raft/storage/log_store.h"

namespace marquee::raft {

struct raft_host_options {
  /// This broker's identity (DESIGN D8), as read from its data directory.
  replica_id self;
  process_stamp process;
  uuid cluster_id;
  /// Proven to peers in the hello, never sent.
  std::string cluster_secret;

  /// Where peers are listened for; port 0 takes any free one, see `raft_host::listen_port`.
  std::string listen_address = "127.0.0.1";
  std::uint16_t listen_port = 0;

  /// Partition threads, each with an event loop of its own.
  std::size_t threads = 1;
  /// Where the write-ahead log and the segments are, and their sizes.
  log_store_options storage;
  /// Defaults for every group; `self` and `seed` are set by the host.
  node_options node;

  std::int64_t tick_ms = 10;
  /// Heartbeats are sent for a partition thread as long as it has turned this recently.
  std::int64_t stuck_thread_ms = 1000;
  /// A leader whose disk has not answered for this long hands over.
  std::int64_t stuck_disk_ms = 5000;
  /// Proposals of one group that wait for their commit.
  std::size_t proposals_most = 16384;
  /// Messages from peers that wait for one partition thread, in bytes.
  std::size_t inbox_bytes_most = std::size_t{64} << 20;
  /// What waits to be sent to one peer, in bytes.
  std::size_t send_queue_bytes_most = std::size_t{64} << 20;
  /// How long `stop` waits for leadership to move to other brokers.
  std::int64_t handover_ms = 5'000;
};

/// What happened to a replica here, or to the connections of this broker, for people to see.
struct raft_event {
  /// As `to_string(node_event_kind)`, or "fenced", "repaired", "loss_accepted", "replica_added",
  /// "replica_removed", "peer_connected", "peer_lost".
  std::string_view name;
  /// Nothing where it is not about one group.
  std::optional<group_id> group = {};
  term_number term = {};
  /// The candidate, leader or target that it is about.
  std::optional<broker_id> other = {};
  bool pre_vote = false;
  std::string why = {};
};

struct raft_host_callbacks {
  /// Makes the state machine of a group, found at start or created now. On the thread that called `start` or
  /// `create_replica`; `self` may be kept (it outlives the machine) but not used before `restore`.
  std::function<std::unique_ptr<state_machine>(replica& self)> make_machine = {};
  /// Options of a group that is found at start. Empty: defaults.
  std::function<group_options(const group_id&)> options_of = {};
  /// A replica stopped serving; everything else goes on. On that group's thread.
  std::function<void(const group_id&, const error&)> on_fenced = {};
  /// The leader table changed. On any thread; must be cheap.
  std::function<void(std::uint64_t version)> on_leaders = {};
  /// Elections, votes, hand-overs, fences, replicas that come and go, connections: never one per message. On
  /// any thread; must be cheap.
  std::function<void(const raft_event&)> on_event = {};
  /// The write-ahead log failed: nothing can be acknowledged any more. Empty: logs what to do and ends the
  /// process with status 70 (DESIGN D4). On the flush thread.
  std::function<void(const error&)> on_fatal = {};
  /// Another process with this identity runs, and this one has to stop (DESIGN D8). Empty: as
  /// `end_superseded_process`. On the transport thread.
  std::function<void(const error&)> on_superseded = {};
};

/// All Raft groups of one broker process: the log store, the partition threads with their event loops, the
/// connections to the other brokers, and the heartbeat thread (DESIGN D18, D20).
///
/// Owned by the broker process. `start` and `stop` are called once, from the thread that owns it; the other
/// functions from any thread but the partition threads where it says so.
class raft_host {
 public:
  virtual ~raft_host() = default;
  raft_host() = default;
  raft_host(const raft_host&) = delete;
  raft_host& operator=(const raft_host&) = delete;

  /// Nothing runs before `start`. `files`, `time` and `metrics` must outlive the host.
  [[nodiscard]] static std::unique_ptr<raft_host> make(raft_host_options options, file_system& files,
                                                       const clock& time, metrics_registry& metrics,
                                                       raft_host_callbacks callbacks);

  /// Opens the log store, gives every group that it finds a state machine, starts the threads and listens.
  /// Errors: those of `log_store::open`, and io when the address cannot be bound (names it).
  [[nodiscard]] virtual result<> start() = 0;
  /// Asks other brokers to take over what this one leads and waits for it, up to `handover_ms`. A process
  /// that is about to stop calls it before it closes its doors to clients. Not on a partition thread.
  virtual void hand_over() = 0;
  /// Hands leadership over where another broker takes it quickly, says goodbye to the peers, checkpoints,
  /// and joins the threads. Twice is harmless. Whatever else was put on `loops()` must have ended before, and
  /// replicas must not be used after it.
  virtual void stop() = 0;
  /// Stops at once, without handing over, goodbye and checkpoint: what a crash would leave. For tests.
  virtual void abandon() = 0;

  /// The port that is listened on.
  [[nodiscard]] virtual std::uint16_t listen_port() const = 0;
  /// The Raft listeners of all other brokers; replaces what was said before. Itself in it is ignored.
  virtual void set_peers(const std::map<broker_id, net::endpoint>& peers) = 0;

  /// Writes the bootstrap record and starts the replica; waits for the disk. The same group with the same
  /// members again gives the replica that is there. `members` empty: told to join later (DESIGN D9). Not on a
  /// partition thread. Errors: those of `log_store::create_group`, refused (this broker with this incarnation
  /// is no member).
  [[nodiscard]] virtual result<std::shared_ptr<replica>> create_replica(const group_id& group,
                                                                        const configuration& members,
                                                                        const group_options& options) = 0;
  /// Stops the replica and removes its files; waits for the disk. Nothing there is no error. Not on a
  /// partition thread.
  [[nodiscard]] virtual result<> remove_replica(const group_id& group) = 0;
  /// Opens the log of a replica anew that stands aside because reading met damage: what is damaged is cut
  /// off, and a leader sends it again, as after a start. Waits for the disk. Not on a partition thread.
  /// Errors: not_found, refused (it met no damage), those of `log_store::reopen_group`: it stays aside.
  [[nodiscard]] virtual result<> repair_replica(const group_id& group) = 0;
  /// Null if there is none.
  [[nodiscard]] virtual std::shared_ptr<replica> find(const group_id& group) const = 0;
  /// Calls `visit` on the calling thread for each replica that is there now.
  virtual void for_each(const std::function<void(const std::shared_ptr<replica>&)>& visit) const = 0;

  /// The disk is nearly full, or no longer: leaders hand over and take no records meanwhile.
  virtual void set_low_space(bool low) = 0;
  /// Errors: no_space: the last checkpoint met a full disk; leaders hand over as above. Asked again and again
  /// it tries another one every few seconds.
  [[nodiscard]] virtual result<> check_space() = 0;

  /// The loops that partitions run on, for work that belongs to no partition (connections).
  [[nodiscard]] virtual std::vector<net::event_loop*> loops() const = 0;
  [[nodiscard]] virtual leader_table& leaders() = 0;
  /// Brokers whose connection is up, itself not among them.
  [[nodiscard]] virtual std::vector<broker_id> connected_peers() const = 0;
};

}  // namespace marquee::raft
