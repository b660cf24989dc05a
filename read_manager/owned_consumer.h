#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "net/wake_point.h"
#include "read_manager/consumer_session.h"
#include "read_manager/offset_client.h"
#include "read_manager/position_client.h"

namespace marquee::read_manager {

/// What goes on between the brokers and one partition of a consumer.
struct partition_traffic {
  bool quick_fetch_open = false;  ///< a fetch that does not wait at the broker is under way
  bool long_fetch_open = false;   ///< a long poll is under way
  std::int64_t answered_us = 0;   ///< monotonic time of the last good answer
  int failures = 0;               ///< tries in a row without a good answer
  std::string problem;            ///< of the last failure
};

/// A consumer that this manager owns. Shared by the requests and coroutines that work for it, all on the
/// manager's loop. Whoever changes something that others may wait for wakes `changed`.
struct owned_consumer {
  owned_consumer(consumer_reference reference, std::int32_t claimed_epoch, position_map positions)
      : who(std::move(reference)),
        epoch(claimed_epoch),
        session(positions),
        committed(std::move(positions)) {}

  consumer_reference who;
  std::int32_t epoch;
  consumer_session session;
  net::wake_point changed;
  /// One consume or seek at a time, until its answer has left: the next one must know whether it did.
  bool busy = false;
  /// Another manager has claimed the consumer, or it was deleted: nothing may be done for it here any more.
  bool lost = false;
  /// The attempt (attempt_header) that the last answer without `poll` went to, and the last ones that are
  /// known to have no reader any more, the newest last.
  std::string answered_attempt;
  std::deque<std::string> abandoned_attempts;
  static constexpr std::size_t most_abandoned = 8;
  /// Whoever waits for the answer to this long poll cannot wait any longer.
  bool in_a_hurry = false;
  std::int64_t last_seen_ms = 0;  ///< wall clock
  std::int64_t last_used_us = 0;  ///< monotonic
  std::int64_t verified_us = 0;   ///< monotonic time when the ownership was last seen to be ours

  std::vector<partition_traffic> traffic;

  // Commits go out one after the other; what comes meanwhile is merged.
  position_map committed;      ///< as far as known
  position_map commit_wanted;  ///< not sent yet
  bool committing = false;
  std::uint64_t tickets_given = 0;
  std::uint64_t tickets_done = 0;
  std::optional<error> commit_problem;  ///< of the last commit that ended

  /// The answer to this attempt does not reach the consumer: what it delivered is read again, and if it was
  /// not answered yet it delivers nothing.
  void give_up(const std::string& attempt) {
    if (attempt.empty() || is_abandoned(attempt)) return;
    abandoned_attempts.push_back(attempt);
    if (abandoned_attempts.size() > most_abandoned) abandoned_attempts.pop_front();
    if (answered_attempt == attempt) session.undo(session.last_delivery().id);
    changed.wake_all();
  }
  [[nodiscard]] bool is_abandoned(const std::string& attempt) const {
    return std::ranges::find(abandoned_attempts, attempt) != abandoned_attempts.end();
  }

  void set_partition_count(std::int32_t count) {
    session.set_partition_count(count);
    traffic.resize(static_cast<std::size_t>(session.partition_count()));
  }
  /// All partitions have answered since that time.
  [[nodiscard]] bool answered_since(std::int64_t time_us) const {
    for (const partition_traffic& partition : traffic)
      if (partition.answered_us < time_us) return false;
    return true;
  }
  [[nodiscard]] std::string problem() const {
    for (const partition_traffic& partition : traffic)
      if (!partition.problem.empty()) return partition.problem;
    return "a partition has not answered";
  }
  [[nodiscard]] partition_set all_partitions() const {
    partition_set all{who.topic, who.topic_id, {}};
    for (std::int32_t i = 0; i < session.partition_count(); ++i) all.partitions.push_back(i);
    return all;
  }
};

using consumer_pointer = std::shared_ptr<owned_consumer>;

}  // namespace marquee::read_manager
