#pragma once

#include <cstddef>
#include <map>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "base/types.h"
#include "raft/transport/group_message.h"

namespace marquee::raft {

using messages_by_broker = std::map<broker_id, std::vector<group_message>>;

/// The latest heartbeat of each group that a partition thread leads, per follower. The partition thread
/// writes them here, the heartbeat thread sends all of them, one bundle per pair of brokers, again and again:
/// a busy partition thread costs no leadership (DESIGN D18). Repeating a heartbeat is harmless, for Raft
/// expects duplicates; its term, commit index and context were true when it was written and stay true.
/// Thread-safe.
class heartbeat_board {
 public:
  /// True if it says something new (term, commit index, read context) that should not wait for the bundle.
  [[nodiscard]] bool publish(const group_message& heartbeat);
  /// No longer led here.
  void remove(const group_id& group);
  /// A heartbeat that was not written again for many collections is forgotten: its follower left the group.
  void collect(messages_by_broker& into);

 private:
  struct posted {
    message value;
    int collected = 0;
  };
  std::mutex mutex_;
  std::unordered_map<group_id, std::vector<posted>> groups_;
};

}  // namespace marquee::raft
