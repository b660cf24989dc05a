#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "net/event_loop.h"
#include "raft/runtime/deadline_queue.h"
#include "raft/runtime/heartbeat_board.h"
#include "raft/runtime/hosted_replica.h"
#include "raft/transport/raft_transport.h"

namespace marquee::raft {

/// One event loop and the replicas that live on it (DESIGN D20). Works in turns: whatever has arrived since
/// the last turn (messages, finished persists, proposals made by callbacks of the loop) is fed to the nodes,
/// then each node that has something to do is asked once, and what it wants sent leaves as one batch per
/// peer. Nothing waits for a timer. Every `tick_ms` those replicas are told the time for which something is
/// due; the others are not touched.
///
/// Owned by the host. Functions are for the loop's own thread, but for those that say otherwise.
class partition_thread final : public replica_home {
 public:
  partition_thread(std::string name, const replica_environment& environment, raft_transport& transport);
  ~partition_thread() override;

  /// From any thread: begins to tick.
  void start();
  /// From any thread: ends the loop. Twice is harmless.
  void stop_loop();

  void add(std::shared_ptr<hosted_replica> who);
  void remove(const group_id& group);
  [[nodiscard]] const std::unordered_map<group_id, std::shared_ptr<hosted_replica>>& replicas() const {
    return replicas_;
  }
  /// Brokers whose connection is up.
  [[nodiscard]] const std::set<broker_id>& connected() const { return connected_; }

  // From any thread.
  void deliver(std::vector<group_message> messages);
  void post_peer_up(broker_id broker);
  void post_peer_down(broker_id broker, peer_loss how);
  /// Milliseconds of the monotonic clock.
  [[nodiscard]] std::int64_t last_turn_ms() const { return last_turn_ms_; }

  // replica_home
  [[nodiscard]] net::event_loop& home_loop() override { return loop_; }
  void want_turn(hosted_replica& who) override;
  void post_persisted(std::shared_ptr<hosted_replica> who, std::uint64_t persist_id,
                      result<persist_times> outcome) override;
  void send(group_message message) override;
  [[nodiscard]] heartbeat_board& heartbeats() override { return heartbeats_; }
  [[nodiscard]] std::int64_t awake_since_ms(std::int64_t now_ms) override;
  [[nodiscard]] bool is_connected(broker_id broker) const override { return connected_.contains(broker); }

 private:
  struct finished_persist {
    std::shared_ptr<hosted_replica> who;
    std::uint64_t id = 0;
    result<persist_times> outcome;
  };
  struct inbox {
    std::vector<group_message> messages;
    std::vector<finished_persist> finished;
    std::size_t bytes = 0;
  };

  void schedule_turn();
  void turn();
  void tick();
  void queue_deadline(const std::shared_ptr<hosted_replica>& who);
  void read_inbox();
  void send_all();

  const replica_environment& environment_;
  raft_transport& transport_;
  heartbeat_board heartbeats_;
  std::atomic<std::int64_t> last_turn_ms_;
  std::atomic<bool> turn_scheduled_{false};
  std::atomic<bool> stopping_{false};

  std::mutex inbox_mutex_;
  inbox inbox_;

  std::unordered_map<group_id, std::shared_ptr<hosted_replica>> replicas_;
  std::vector<std::shared_ptr<hosted_replica>> turn_list_;
  deadline_queue<hosted_replica> deadlines_;
  std::int64_t awake_since_ms_;
  std::int64_t last_awake_ms_;
  std::set<broker_id> connected_;
  messages_by_broker outgoing_;
  /// Last member: its thread ends before anything that it uses.
  net::event_loop loop_;
};

}  // namespace marquee::raft
