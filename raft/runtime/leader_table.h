#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <vector>

#include "base/types.h"
#include "raft/transport/group_message.h"

namespace marquee::raft {

/// Who leads which group, as far as this broker knows: from its own replicas and from other brokers'
/// heartbeats (DESIGN D16). The highest term wins. Each change gets the next version, so that readers and
/// peers ask for what is newer than they have. Thread-safe.
class leader_table {
 public:
  /// Called after each change, on whichever thread brought it, without a lock held. Set before other threads
  /// use the table; must be cheap.
  void on_change(std::function<void(std::uint64_t version)> callback);

  /// False if what is known is as new.
  bool note(const group_leader& news);
  void note_all(const std::vector<group_leader>& news);
  /// Of a deleted group.
  void forget(const group_id& group);

  [[nodiscard]] std::optional<group_leader> find(const group_id& group) const;
  /// 0: nothing is known yet.
  [[nodiscard]] std::uint64_t version() const;
  struct changes {
    std::uint64_t version = 0;
    std::vector<group_leader> leaders;
  };
  /// What changed after `version`, oldest first, at most `most` of them; `changes.version` is what to ask
  /// with next.
  [[nodiscard]] changes since(std::uint64_t version, std::size_t most = SIZE_MAX) const;

 private:
  struct known {
    group_leader value;
    std::uint64_t version = 0;
  };
  bool note_locked(const group_leader& news);

  mutable std::mutex mutex_;
  std::unordered_map<group_id, known> groups_;
  std::map<std::uint64_t, group_id> by_version_;
  std::uint64_t version_ = 0;
  std::function<void(std::uint64_t)> on_change_;
};

}  // namespace marquee::raft
