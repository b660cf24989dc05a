#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/process_stamp.h"
#include "base/result.h"
#include "base/types.h"
#include "base/uuid.h"
#include "raft/core/node.h"
#include "raft/transport/group_message.h"

namespace marquee::raft {

struct transport_options {
  replica_id self;
  process_stamp process;
  uuid cluster_id;
  std::string cluster_secret;

  std::string listen_address = "127.0.0.1";
  std::uint16_t listen_port = 0;
  std::int64_t connections_most = 256;

  std::size_t send_queue_bytes_most = std::size_t{64} << 20;
  /// What one frame holds at most, except for a single larger entry.
  std::size_t batch_bytes_most = std::size_t{4} << 20;
  /// Below TCP's first retransmission of a connection request (1 s): asking anew finds a network that came
  /// back.
  std::int64_t connect_timeout_ms = 500;
  std::int64_t hello_timeout_ms = 3000;
  /// A side that has nothing to say says that it lives this often; the accepting side says so always.
  std::int64_t alive_interval_ms = 250;
  /// The connecting side hears nothing for this long: it connects anew. After a cut of the network TCP waits
  /// as long again as the cut lasted before it repeats anything; votes and heartbeats must not wait with it.
  std::int64_t peer_silence_ms = 1500;
  /// One frame takes longer than this in either direction, or the accepting side hears nothing: it closes.
  /// Longer than `peer_silence_ms`, for a large frame may take its time on a slow network.
  std::int64_t silence_timeout_ms = 5000;
  /// Waiting time between attempts to connect; doubles from least to most, plus jitter.
  std::int64_t reconnect_least_ms = 20;
  std::int64_t reconnect_most_ms = 250;
};

/// All on the transport thread; they must be quick.
struct transport_callbacks {
  std::function<void(broker_id from, std::vector<group_message>)> on_messages = {};
  std::function<void(std::vector<group_leader>)> on_leaders = {};
  std::function<void(broker_id)> on_peer_up = {};
  std::function<void(broker_id, peer_loss)> on_peer_down = {};
  /// Proven: another process with this identity runs, and this one has to stop (DESIGN D8): the other one has
  /// a higher boot count, or the same one and came first.
  std::function<void(const error&)> on_superseded = {};
};

}  // namespace marquee::raft
