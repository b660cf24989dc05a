#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <vector>

#include "net/wake_point.h"
#include "raft/transport/group_message.h"

namespace marquee::raft {

/// What goes out in one write.
struct outbox_batch {
  std::vector<group_message> messages;
  std::vector<group_leader> leaders;

  [[nodiscard]] bool empty() const { return messages.empty() && leaders.empty(); }
};

/// What waits to be sent to one peer. Filled by any thread, emptied by the peer's connection. Bounded: what
/// does not fit is dropped, for Raft repeats whatever matters. Small messages (heartbeats, votes, answers)
/// overtake appends, whose order among themselves stays. While the peer is not connected nothing is kept: it
/// would be stale. Thread-safe.
class outbox {
 public:
  struct options {
    std::size_t bytes_most = std::size_t{64} << 20;
    /// Messages that are no appends; they are small, so their number is bounded.
    std::size_t small_messages_most = 65536;
    std::size_t leaders_most = 65536;
  };
  explicit outbox(options limits) : limits_(limits) {}

  /// How many were dropped.
  [[nodiscard]] std::size_t push(std::vector<group_message> messages);
  /// False: nothing was taken; say it again later.
  [[nodiscard]] bool push_leaders(std::vector<group_leader> leaders);

  /// Opening begins empty; closing drops what waits.
  void open();
  void close();
  /// At least one message if there is any, then up to `bytes_most`.
  [[nodiscard]] outbox_batch take(std::size_t bytes_most);
  /// Woken when there is something to take, and by `close`.
  [[nodiscard]] const net::wake_point& ready() const { return ready_; }
  [[nodiscard]] std::size_t queued_bytes() const;

 private:
  void clear_locked();

  const options limits_;
  mutable std::mutex mutex_;
  bool open_ = false;
  std::deque<group_message> small_;
  std::deque<group_message> appends_;
  std::vector<group_leader> leaders_;
  std::size_t append_bytes_ = 0;
  net::wake_point ready_;
};

}  // namespace marquee::raft
