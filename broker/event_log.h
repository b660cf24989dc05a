#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/types.h"
#include "net/wake_point.h"
#include "raft/runtime/raft_host.h"

namespace marquee::broker {

/// Which events a subscriber wants; empty: all. Those that are about no partition come with every filter.
struct event_filter {
  std::string topic{};  ///< name or id
  std::optional<std::int32_t> partition{};
};

/// One event as it is told.
struct told_event {
  std::uint64_t id = 0;
  std::string name{};
  std::string topic{};     ///< name, empty if unknown
  std::string topic_id{};  ///< empty if it is about no partition
  std::int32_t partition = -1;
  std::string json{};

  [[nodiscard]] bool matches(const event_filter& filter) const;
};

/// The newest events of this broker, for any number of readers at their own pace (DESIGN D22): a bounded
/// ring, so a reader that is too slow misses some and is told. Ids grow, over restarts too. Thread-safe;
/// `publish` is cheap enough for partition threads.
class event_log {
 public:
  static constexpr std::size_t default_capacity = 4096;
  static constexpr int subscribers_most = 64;

  /// `topic_name` gives a topic's name, or empty.
  event_log(const clock& time, std::function<std::string(const uuid&)> topic_name,
            std::size_t capacity = default_capacity);

  /// Who tells, and which life of it this is. Before the first `publish`.
  void begin(broker_id self, boot_count boot);
  void publish(const raft::raft_event& what);

  struct page {
    std::vector<told_event> events;
    /// Ask with this next.
    std::uint64_t position = 0;
    /// How many there were after the asked position that are gone; at least 1 where that is not known.
    std::uint64_t missed = 0;
  };
  /// What came after the event `position` (0: whatever is kept), at most `most`, of those that match.
  [[nodiscard]] page after(std::uint64_t position, const event_filter& filter, std::size_t most) const;
  /// The id of the newest one.
  [[nodiscard]] std::uint64_t newest() const;
  /// Woken with each event.
  [[nodiscard]] const net::wake_point& changed() const { return changed_; }

  /// A place among the subscribers, held until it is dropped; null if there are too many.
  [[nodiscard]] std::shared_ptr<void> subscribe();
  [[nodiscard]] int subscribers() const { return subscribers_->load(); }

 private:
  const clock& time_;
  const std::function<std::string(const uuid&)> topic_name_;
  const std::size_t capacity_;
  std::int32_t self_ = 0;

  mutable std::mutex mutex_;
  std::deque<told_event> events_;
  std::uint64_t newest_ = 0;
  net::wake_point changed_;
  std::shared_ptr<std::atomic<int>> subscribers_ = std::make_shared<std::atomic<int>>(0);
};

}  // namespace marquee::broker
