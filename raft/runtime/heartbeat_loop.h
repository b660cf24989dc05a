#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "base/clock.h"
#include "net/event_loop.h"
#include "raft/runtime/leader_table.h"
#include "raft/runtime/partition_thread.h"
#include "raft/transport/raft_transport.h"

namespace marquee::raft {

/// The heartbeat thread (DESIGN D16, D18): sends every peer, every heartbeat interval, one bundle of the
/// latest heartbeats of all partition threads, and what is new in the leader table. No partition work runs
/// here, so a busy partition thread keeps its leadership; one that has not turned for `stuck_thread_ms` gets
/// no heartbeats sent, so that another broker takes over.
class heartbeat_loop {
 public:
  heartbeat_loop(const replica_environment& environment, raft_transport& transport,
                 const std::vector<std::unique_ptr<partition_thread>>& threads);
  ~heartbeat_loop();

  void start();
  void stop();

  // From any thread.
  /// A leader was elected here: peers should know before the next interval.
  void leaders_changed();
  /// A connection is new: the other side is told everything.
  void peer_up(broker_id broker);

 private:
  void beat();
  void send_heartbeats();
  void send_leaders();

  const replica_environment& environment_;
  raft_transport& transport_;
  const std::vector<std::unique_ptr<partition_thread>>& threads_;
  std::atomic<bool> stopping_{false};
  std::atomic<bool> leaders_scheduled_{false};
  /// Up to which version of the leader table each peer was told; on the loop.
  std::map<broker_id, std::uint64_t> told_;
  net::event_loop loop_{"raft-heartbeat"};
};

}  // namespace marquee::raft
