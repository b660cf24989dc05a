#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <vector>

#include "base/clock.h"
#include "base/process_stamp.h"
#include "base/types.h"
#include "db/metadata_cache.h"
#include "write_manager/broker_health.h"
#include "write_manager/placement_policy.h"

namespace marquee::write_manager {

/// What a broker tells about itself with each heartbeat.
struct broker_report {
  std::optional<std::int64_t> metadata_version{};
  std::int64_t produced_records = 0;  ///< since it started
  std::int64_t fetched_records = 0;   ///< since it started
  /// Brokers that it has a Raft connection to; nothing if it does not say.
  std::optional<std::vector<broker_id>> connected_peers{};
  bool stopping = false;   ///< a graceful stop has begun
  bool disk_full = false;  ///< it stands aside: it takes no records and no leadership
};

struct traffic_rates {
  double produced_per_s = 0;
  double consumed_per_s = 0;
};

/// When each broker was last heard of by this manager, and what follows from it. In memory only: heartbeats
/// come every second, to every write manager (DESIGN D15). Gives `broker_health` the time and the metadata.
/// Thread-safe.
class broker_registry {
 public:
  broker_registry(const clock& time, broker_health_options options)
      : clock_(time), options_(options), health_(options, time.monotonic_ms()) {}

  struct heartbeat {
    replica_id replica{};
    process_stamp process{};
    std::int64_t wall_ms = 0;
    std::int64_t monotonic_ms = 0;
    broker_report report{};
  };

  /// Another process with this identity and boot count was heard of before: the second one has to stop.
  [[nodiscard]] bool runs_twice(const replica_id& replica, const process_stamp& process) const;
  /// Returns true if the broker was not heard of before, or was started again since.
  bool note(const replica_id& replica, const process_stamp& process, const broker_report& report = {});
  [[nodiscard]] std::optional<heartbeat> last(broker_id broker) const;
  /// Of all brokers that live, over the last seconds. Nothing before two heartbeats of any of them.
  [[nodiscard]] std::optional<traffic_rates> rates() const;
  /// Judges all brokers of the metadata anew; see broker_health::look.
  [[nodiscard]] std::vector<health_change> look(const db::metadata_snapshot& metadata);
  [[nodiscard]] broker_state state_of(broker_id broker) const;
  /// Asks the state machine under the lock, at the time that it is given.
  template <class Question>
  auto ask_health(Question question) const {
    const std::lock_guard lock(mutex_);
    return question(health_, clock_.monotonic_ms());
  }
  /// Brokers that may be given replicas, with what the metadata gives them.
  [[nodiscard]] std::vector<placement_candidate> candidates(const db::metadata_snapshot& metadata) const;
  /// Brokers that answer, of those in the metadata; evicted and draining ones too.
  [[nodiscard]] std::vector<db::broker_row> live(const db::metadata_snapshot& metadata) const;

 private:
  const clock& clock_;
  broker_health_options options_;
  mutable std::mutex mutex_;
  broker_health health_;
  std::map<broker_id, heartbeat> heartbeats_;
  /// The newest of one process of each broker, at most `samples_kept`.
  std::map<broker_id, std::deque<heartbeat>> samples_;
};

}  // namespace marquee::write_manager
