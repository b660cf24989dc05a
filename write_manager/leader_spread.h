#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "base/types.h"

namespace marquee::write_manager {

struct leader_spread_options {
  /// How long the target has been alive without a gap before it is given leadership.
  std::int64_t steady_ms = 10'000;
  /// How long a leadership stays where an operator moved it.
  std::int64_t hold_ms = 300'000;
  std::int64_t at_once = 8;
  std::int64_t retry_least_ms = 5'000;  ///< after a failure; doubles up to `retry_most_ms`
  std::int64_t retry_most_ms = 300'000;
};

/// A partition as its leader describes it.
struct led_partition {
  group_id group{};
  broker_id leader{};
  broker_id preferred{};  ///< the first of its first voters: the list is rotated from partition to partition
  bool preferred_in_sync = false;
  /// So long ago an operator wanted `leader` to lead; nothing: it was elected because nobody led.
  std::optional<std::int64_t> ordered_ms_ago{};
};

/// What the health check knows of a broker.
struct spread_broker {
  std::optional<std::int64_t> steady_since_ms{};
  bool disk_full = false;  ///< it would hand over at once what it is given
};

struct leader_transfer {
  group_id group{};
  broker_id from{};
  broker_id to{};

  bool operator==(const leader_transfer&) const = default;
};

/// Gives leadership back to the first voter of each partition, so that leaders are as even as placement made
/// them. A pure state machine: observations and time in, transfers out, a few at once. Belongs to the
/// controller's loop of each write manager; those that are not the controller only observe.
///
/// It never moves leadership away from a broker that is in trouble (failover does), nor to one that is not
/// alive, steady and in sync, or whose disk is full. A leadership that was lost while the broker seemed well
/// (it stood still for a moment) waits as long as one that is back. What an operator moved stays for
/// `hold_ms`: its leader says so.
class leader_spread {
 public:
  explicit leader_spread(leader_spread_options options) : options_(options) {}

  /// Who leads, as the brokers' leader stream says, every second or so. Groups that are not in it are
  /// forgotten.
  void observe(const std::map<group_id, broker_id>& leaders, std::int64_t now_ms);
  /// What to ask for now; each counts as under way until `answered`. Can be asked at any time, with what is
  /// true then.
  [[nodiscard]] std::vector<leader_transfer> next(const std::vector<led_partition>& partitions,
                                                  const std::map<broker_id, spread_broker>& brokers,
                                                  std::int64_t now_ms);
  /// The leader's broker has begun it, or would not. Whether it came about is seen by `observe`; until then
  /// it is not asked for again before the retry time.
  void answered(const leader_transfer& transfer, std::int64_t now_ms);
  [[nodiscard]] std::size_t under_way() const { return under_way_; }

 private:
  struct history {
    std::optional<broker_id> leader{};
    std::optional<std::int64_t> moved_ms{};  ///< nothing: the first leader that was seen
    bool under_way = false;
    std::int64_t attempts = 0;
    std::int64_t not_before_ms = 0;
  };

  [[nodiscard]] bool held(const led_partition& partition, const history& of, std::int64_t now_ms) const;
  [[nodiscard]] bool wanted(const led_partition& partition, const std::map<broker_id, spread_broker>& brokers,
                            std::int64_t now_ms) const;

  leader_spread_options options_;
  std::map<group_id, history> histories_;
  std::size_t under_way_ = 0;
};

}  // namespace marquee::write_manager
