#pragma once

#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "booking_app/log/command_feed.h"
#include "booking_app/log/digest_history.h"
#include "booking_app/machine/machine.h"
#include "booking_app/replica/fault_switches.h"

namespace marquee::booking {

/// A vote on its way to a front end.
struct outgoing_vote {
  std::int32_t partition = 0;
  std::string text;
  std::int64_t delay_ms = 0;  ///< fault injection only
};

/// What a replica does with records: applies each to its machine, votes, remembers digests. Owned by the
/// replica; `take` on the feed's thread, the rest from any thread. No record can stop it. Every
/// `self_check_records` it computes its digest anew from all entities: if it differs, the replica is broken,
/// votes no more and gives no snapshots, because what it knows is not what the log says.
class follower {
 public:
  struct options {
    std::string replica;
    std::int64_t self_check_records = 10'000;
    /// Nobody waits for votes on older records.
    std::int64_t vote_age_ms = 10'000;
  };
  struct status {
    std::int64_t offset = -1;  ///< newest applied
    std::int64_t time_ms = 0;
    digest_value digest;  ///< after `offset`
    bool broken = false;
  };
  struct encoded_snapshot {
    std::string bytes;
    std::int64_t next_offset = 0;
  };
  struct counts {
    std::uint64_t records = 0;
    std::uint64_t votes = 0;
    std::uint64_t bad_commands = 0;
    std::uint64_t self_checks = 0;
  };
  using vote_sink = std::function<void(outgoing_vote)>;

  follower(machine begin, options wanted, const clock& time, fault_switches& faults, vote_sink send);

  /// Offsets follow each other. `ms_since_end`: as `command_feed` tells it.
  void take(const std::vector<logged_message>& messages, std::optional<std::int64_t> ms_since_end);

  [[nodiscard]] status now() const;
  [[nodiscard]] std::optional<digest_value> digest_at(std::int64_t offset) const;
  [[nodiscard]] std::int64_t next_offset() const;
  /// Nothing from one that is broken.
  [[nodiscard]] std::optional<encoded_snapshot> snapshot() const;
  [[nodiscard]] counts counted() const;
  /// Fault injection: changes one seat, digest and all. False if there is none.
  bool corrupt_one_seat();
  /// `corrupt` gets the machine, to damage it behind the back of its tables. For tests.
  void damage(const std::function<void(machine&)>& corrupt);

 private:
  [[nodiscard]] bool is_awaited(const logged_message& message,
                                std::optional<std::int64_t> ms_since_end) const;
  void apply(const logged_message& message, bool awaited);
  void check_itself();
  void vote(const outcome& did, const reply& one);

  const options options_;
  const clock& time_;
  fault_switches& faults_;
  const vote_sink send_;

  mutable std::mutex mutex_;  ///< everything below; taken for each record
  machine machine_;
  digest_history digests_;
  counts counts_;
  bool broken_ = false;
};

/// "fe-3" -> 2; nothing for anything that is no front end.
[[nodiscard]] std::optional<std::int32_t> reply_partition_of(std::string_view reply_to);

}  // namespace marquee::booking
