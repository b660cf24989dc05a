#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/types.h"
#include "db/metadata_cache.h"
#include "write_manager/placement_policy.h"

namespace marquee::write_manager {

enum class broker_state : std::uint8_t { alive, suspect, failed };

[[nodiscard]] std::string_view to_string(broker_state state);

/// What a broker tells about itself with each heartbeat.
struct broker_report {
  std::optional<std::int64_t> metadata_version{};
  std::int64_t produced_records = 0;  ///< since it started
  std::int64_t fetched_records = 0;   ///< since it started
  /// Brokers that it has a Raft connection to; nothing if it does not say.
  std::optional<std::vector<broker_id>> connected_peers{};
  bool stopping = false;  ///< a graceful stop has begun
};

struct traffic_rates {
  double produced_per_s = 0;
  double consumed_per_s = 0;
};

struct broker_registry_options {
  std::int64_t suspect_after_ms = 3'000;
  std::int64_t failed_after_ms = 10'000;
};

/// When each broker was last heard of by this manager. In memory only: heartbeats come every second, to every
/// write manager (DESIGN D15). A state machine over (heartbeat, time). Thread-safe.
class broker_registry {
 public:
  broker_registry(const clock& time, broker_registry_options options)
      : clock_(time), options_(options), started_ms_(time.monotonic_ms()) {}

  struct heartbeat {
    replica_id replica{};
    boot_count boot{};
    std::int64_t wall_ms = 0;
    std::int64_t monotonic_ms = 0;
    broker_report report{};
  };

  /// Returns true if the broker was not heard of before, or was started again since.
  bool note(const replica_id& replica, boot_count boot, const broker_report& report = {});
  [[nodiscard]] std::optional<heartbeat> last(broker_id broker) const;
  /// Of all brokers that live, over the last seconds. Nothing before two heartbeats of any of them.
  [[nodiscard]] std::optional<traffic_rates> rates() const;
  /// A broker that has not been heard of since this manager started is given the usual time.
  [[nodiscard]] broker_state state_of(broker_id broker) const;
  /// Brokers that live and have a disk, with what the metadata gives them.
  [[nodiscard]] std::vector<placement_candidate> candidates(const db::metadata_snapshot& metadata) const;
  /// Brokers that live, of those in the metadata.
  [[nodiscard]] std::vector<db::broker_row> live(const db::metadata_snapshot& metadata) const;

 private:
  const clock& clock_;
  broker_registry_options options_;
  std::int64_t started_ms_;
  mutable std::mutex mutex_;
  std::map<broker_id, heartbeat> heartbeats_;
  /// The newest of one process of each broker, at most `samples_kept`.
  std::map<broker_id, std::deque<heartbeat>> samples_;
};

}  // namespace marquee::write_manager
