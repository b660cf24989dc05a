#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <variant>
#include <vector>

#include "base/types.h"
#include "write_manager/broker_health.h"
#include "write_manager/leader_spread.h"

namespace marquee::write_manager {

/// Writes into PostgreSQL that a broker is gone for good, or that it is back.
struct eviction_step {
  broker_id broker{};
  boot_count boot{};  ///< as the decision knew it; another one makes the decision void
  bool evicted = true;

  bool operator==(const eviction_step&) const = default;
};

/// One thing to do for the cluster. Each may be done twice, or by two managers, without harm.
using repair_step = std::variant<eviction_step, leader_transfer>;

/// What is true now, as far as this manager knows.
struct repair_view {
  eviction_verdict eviction{};
  std::optional<broker_id> back{};
  std::map<broker_id, boot_count> boots{};
  std::vector<led_partition> partitions{};
  std::map<broker_id, spread_broker> brokers{};
};

/// What the controller does next: compares what is wanted with what is true and takes one step at a time
/// (DESIGN D17). A pure state machine; moving replicas becomes one more kind of step. Belongs to
/// `repair_loop`, on each write manager; one that is not in office is only told what happens.
class repair_plan {
 public:
  /// `observation_ms`: how long a new office watches before it evicts anybody.
  repair_plan(leader_spread_options options, std::int64_t observation_ms)
      : observation_ms_(observation_ms), spread_(options) {}

  void begin_office(std::int64_t epoch, std::int64_t now_ms);
  void leave_office() { epoch_ = 0; }
  [[nodiscard]] std::int64_t epoch() const { return epoch_; }

  void observe_leaders(const std::map<group_id, broker_id>& leaders, std::int64_t now_ms) {
    spread_.observe(leaders, now_ms);
  }
  /// Nothing while not in office. Each step counts as under way until `answered`.
  [[nodiscard]] std::vector<repair_step> next(const repair_view& view, std::int64_t now_ms);
  void answered(const repair_step& step, std::int64_t now_ms);

 private:
  [[nodiscard]] std::optional<eviction_step> next_eviction(const repair_view& view,
                                                           std::int64_t now_ms) const;

  std::int64_t observation_ms_;
  std::int64_t epoch_ = 0;  ///< 0: not in office
  std::int64_t office_since_ms_ = 0;
  bool evicting_ = false;
  std::int64_t next_eviction_ms_ = 0;
  leader_spread spread_;
};

}  // namespace marquee::write_manager
