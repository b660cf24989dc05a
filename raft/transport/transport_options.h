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
  std::int64_t connect_timeout_ms = 2000;
  std::int64_t hello_timeout_ms = 3000;
  /// A side that has nothing to say says that it lives this often, ...
  std::int64_t alive_interval_ms = 1000;
  /// ... and a side that hears or can write nothing for this long closes.
  std::int64_t silence_timeout_ms = 5000;
  /// Waiting time between attempts to connect; doubles from least to most, plus jitter.
  std::int64_t reconnect_least_ms = 20;
  std::int64_t reconnect_most_ms = 1000;
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
