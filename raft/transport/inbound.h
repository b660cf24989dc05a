#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <set>

#include "base/metrics.h"
#include "base/result.h"
#include "net/stream.h"
#include "net/task.h"
#include "raft/transport/frame.h"
#include "raft/transport/greeting.h"
#include "raft/transport/transport_options.h"

namespace marquee::net {
class event_loop;
}

namespace marquee::raft {

/// The connections that other brokers made to this one: says hello, checks every frame, hands messages on. A
/// frame that cannot be read ends its connection, for nothing after it can be trusted. Belongs to the
/// transport thread.
class inbound {
 public:
  struct callbacks {
    /// A peer has proven who it is.
    std::function<void(const peer_identity&)> arrived;
    std::function<void(broker_id from, std::vector<group_message>)> messages;
    std::function<void(std::vector<group_leader>)> leaders;
    std::function<void(const error&)> superseded;
  };
  inbound(net::event_loop& loop, const transport_options& options, const greeting_context& greeting,
          callbacks on, metrics_registry& metrics);

  /// Serves one connection until it ends.
  [[nodiscard]] net::task<> serve(net::stream connection);
  /// Says goodbye on all connections; they end when the other side has read it.
  void say_goodbye();
  /// Closes all connections as a crash would.
  void close_all();
  /// Ends the connections of an older process with this identity.
  void drop_older(const peer_identity& newest);
  [[nodiscard]] std::size_t connections() const { return connections_.size(); }

 private:
  struct connection;
  [[nodiscard]] net::task<> tell_alive(std::shared_ptr<connection> one);
  [[nodiscard]] net::task<result<>> receive(connection& one);
  [[nodiscard]] result<bool> handle(connection& one, frame_type type, const shared_bytes& payload);
  [[nodiscard]] result<> deliver(connection& one, const shared_bytes& payload);

  net::event_loop& loop_;
  const transport_options& options_;
  const greeting_context& greeting_;
  const callbacks on_;
  metric_counter& received_;
  metric_counter& misaddressed_;
  metric_counter& refused_;
  std::set<std::shared_ptr<connection>> connections_;
  bool leaving_ = false;
};

}  // namespace marquee::raft
