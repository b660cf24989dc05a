#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/metrics.h"
#include "base/random.h"
#include "base/types.h"
#include "net/endpoint.h"
#include "net/stream.h"
#include "net/task.h"
#include "net/wake_point.h"
#include "raft/transport/greeting.h"
#include "raft/transport/outbox.h"
#include "raft/transport/transport_options.h"

namespace marquee::net {
class event_loop;
}

namespace marquee::raft {

/// What links tell the transport.
struct link_callbacks {
  std::function<void(broker_id, const peer_identity&)> up;
  std::function<void(broker_id, peer_loss)> down;
  std::function<void(const error&)> superseded;
};

/// This broker's connection to one other broker: connects, says hello, sends what the outbox holds, and tells
/// when the other side is gone and how. Goes on for ever with back-off until it is stopped. The other side's
/// messages come on the connection that it makes itself.
///
/// Owned by the transport and by its own coroutines; all but `queue` belongs to the transport thread.
class peer_link : public std::enable_shared_from_this<peer_link> {
 public:
  peer_link(net::event_loop& loop, const transport_options& options, const greeting_context& greeting,
            broker_id peer, net::endpoint where, link_callbacks callbacks, metrics_registry& metrics);

  /// The link's life; spawn it once.
  [[nodiscard]] net::task<> run();
  /// Ends the link; with a goodbye if it is up and one is wanted. `run` returns soon after.
  void stop(peer_loss how);
  /// The peer has just connected to us: it is there, so waiting longer is no use.
  void try_now();

  [[nodiscard]] outbox& queue() { return outbox_; }
  [[nodiscard]] const net::endpoint& where() const { return where_; }
  [[nodiscard]] bool is_up() const { return up_; }
  [[nodiscard]] bool ended() const { return ended_; }

 private:
  [[nodiscard]] net::task<> connect_once();
  [[nodiscard]] net::task<> send_until_broken();
  [[nodiscard]] net::task<> listen_for_end();
  [[nodiscard]] net::task<> wait_for_reader(net::deadline end);
  [[nodiscard]] net::task<> wait_before_retry();
  [[nodiscard]] net::task<result<>> send(const outbox_batch& batch);
  void note_failure(const error& why);

  net::event_loop& loop_;
  const transport_options& options_;
  const greeting_context& greeting_;
  const broker_id peer_;
  const net::endpoint where_;
  const link_callbacks callbacks_;
  metric_counter& bytes_sent_;
  metric_counter& messages_sent_;
  metric_gauge& queued_bytes_;
  outbox outbox_;
  random_source random_;

  net::stream stream_;
  net::wake_point hurry_;
  bool stopping_ = false;
  bool say_goodbye_ = false;
  bool up_ = false;
  bool ended_ = false;
  /// The reader of the present connection has ended, and whether a goodbye came before.
  bool reader_ended_ = false;
  bool goodbye_received_ = false;
  bool refused_ = false;
  std::int64_t retry_ms_ = 0;
  std::string last_failure_;
};

}  // namespace marquee::raft
