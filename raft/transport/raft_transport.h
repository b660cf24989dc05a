#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "base/metrics.h"
#include "base/result.h"
#include "base/types.h"
#include "net/endpoint.h"
#include "raft/transport/group_message.h"
#include "raft/transport/transport_options.h"

namespace marquee::raft {

/// The connections of one broker to all others, on a thread of its own: one that this broker makes to each
/// peer, for what it sends, and those that peers make, for what it receives. Delivery is best effort: what
/// does not fit or finds no connection is dropped and counted.
///
/// A peer that does not belong here (other cluster, wrong secret, no common version, garbage) is refused with
/// one log line. Owned by the host; functions are thread-safe unless they say otherwise.
class raft_transport {
 public:
  /// `metrics` must outlive it.
  raft_transport(transport_options options, transport_callbacks callbacks, metrics_registry& metrics);
  /// As stop(peer_loss::reset).
  ~raft_transport();
  raft_transport(const raft_transport&) = delete;
  raft_transport& operator=(const raft_transport&) = delete;

  /// Listens. Errors: those of net::listener::listen (the message names the address).
  [[nodiscard]] result<> start();
  /// Ends all connections, with a goodbye or as a crash would, and the thread. No callback comes after it.
  /// Twice is harmless. Not on the transport thread.
  void stop(peer_loss how);

  /// The other brokers; replaces what was said before. A peer whose address changed is connected anew.
  void set_peers(const std::map<broker_id, net::endpoint>& peers);
  void send(broker_id to, std::vector<group_message> messages);
  /// False: not taken; say it again later.
  [[nodiscard]] bool send_leaders(broker_id to, std::vector<group_leader> leaders);

  [[nodiscard]] std::uint16_t port() const;
  /// Brokers that this one has a proven connection to.
  [[nodiscard]] std::vector<broker_id> connected() const;
  /// All that were set, connected or not.
  [[nodiscard]] std::vector<broker_id> peers() const;

 private:
  class impl;
  std::unique_ptr<impl> impl_;
};

}  // namespace marquee::raft
