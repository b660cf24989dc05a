#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <vector>

#include "base/types.h"

namespace marquee::write_manager {

/// What a write manager holds a broker for.
enum class broker_state : std::uint8_t {
  alive,
  draining,  ///< it says that it is about to stop
  suspect,   ///< no heartbeat for `suspect_ms`, and no verdict of the others yet
  isolated,  ///< likewise, but live brokers are connected to it: only managers cannot reach it
  failed,    ///< likewise, and a majority of the live brokers has no connection to it
  evicted    ///< was failed for `eviction_ms`; a row in PostgreSQL says so
};

[[nodiscard]] std::string_view to_string(broker_state state);

struct broker_health_options {
  /// A broker that was silent for so long gets no new replicas and is asked nothing.
  std::int64_t quiet_ms = 3'000;
  std::int64_t suspect_ms = 10'000;
  std::int64_t eviction_ms = 300'000;

  /// A longer time between two heartbeats of a broker, which come every second, is trouble of its own.
  [[nodiscard]] std::int64_t gap_ms() const;
  /// How long a broker is suspect at least: the others' verdict must be newer than its silence.
  [[nodiscard]] std::int64_t confirmation_ms() const;
  /// A longer time between two looks means that this process did not run.
  [[nodiscard]] std::int64_t pause_ms() const;
};

/// What a heartbeat says about health.
struct health_report {
  boot_count boot{};
  std::optional<std::vector<broker_id>> connected_peers{};  ///< nothing: it does not tell
  bool stopping = false;
};

/// From one `look` to the next.
struct health_change {
  broker_id broker{};
  broker_state from{};
  broker_state to{};
};

/// Why nobody is evicted although somebody could be.
struct eviction_veto {
  std::size_t silent = 0;  ///< failed and suspect brokers
  std::size_t members = 0;

  bool operator==(const eviction_veto&) const = default;
};

struct eviction_verdict {
  std::optional<broker_id> evict{};
  std::optional<eviction_veto> veto{};
};

/// The states of all brokers as one write manager sees them. A pure state machine over heartbeats, membership
/// and a monotonic clock; belongs to `broker_registry`. Invariants:
/// - Silence counts only while this process ran: after a pause of its own, and at the start, nobody is judged
///   before a whole `suspect_ms` of listening, and nobody is evicted before a whole `eviction_ms` after that.
/// - Nobody fails by silence alone: live brokers that say whom they are connected to have to agree.
/// - One heartbeat makes a broker alive again; only the row of an evicted one has to be changed first.
class broker_health {
 public:
  broker_health(broker_health_options options, std::int64_t now_ms)
      : options_(options), observed_since_ms_(now_ms), looked_ms_(now_ms) {}

  void heard(broker_id broker, health_report report, std::int64_t now_ms);
  /// Judges everybody anew. `evicted_by_id`: all brokers that the metadata names, and whether it holds them
  /// for evicted. Call it several times within `pause_ms`.
  [[nodiscard]] std::vector<health_change> look(const std::map<broker_id, bool>& evicted_by_id,
                                                std::int64_t now_ms);

  /// As of the last look or heartbeat. Suspect if nothing is known of it.
  [[nodiscard]] broker_state state_of(broker_id broker) const;
  /// Heard of within `quiet_ms`.
  [[nodiscard]] bool answers(broker_id broker, std::int64_t now_ms) const;
  /// May be given replicas: it answers, stays, and is not evicted.
  [[nodiscard]] bool takes_replicas(broker_id broker, std::int64_t now_ms) const;
  /// Since when it has been alive without a gap, a restart, or stopping; nothing while it is not.
  [[nodiscard]] std::optional<std::int64_t> steady_since_ms(broker_id broker) const;
  /// Boot count of its last heartbeat.
  [[nodiscard]] std::optional<boot_count> boot_of(broker_id broker) const;

  /// Whom the controller should evict next, one at a time (DESIGN D17): the one that has been failed longest,
  /// unless more than a third of the members is silent, which says more about the network than about them.
  [[nodiscard]] eviction_verdict next_eviction(std::int64_t now_ms) const;
  /// An evicted broker that is back.
  [[nodiscard]] std::optional<broker_id> next_return(std::int64_t now_ms) const;
  /// How often this process was found to have been paused.
  [[nodiscard]] std::int64_t pauses() const { return pauses_; }

 private:
  struct record {
    std::optional<std::int64_t> heard_ms{};
    health_report report{};
    std::set<broker_id> peers{};
    std::optional<std::int64_t> member_since_ms{};  ///< nothing: the metadata does not name it
    bool evicted = false;
    broker_state state = broker_state::suspect;
    broker_state told = broker_state::suspect;  ///< by the last `look`
    std::int64_t failed_since_ms = 0;
    std::optional<std::int64_t> steady_since_ms{};
  };

  [[nodiscard]] std::optional<std::int64_t> silence_ms(const record& of, std::int64_t now_ms) const;
  [[nodiscard]] broker_state judge(broker_id broker, const record& of, std::int64_t now_ms) const;
  [[nodiscard]] broker_state verdict_of_others(broker_id broker, std::int64_t now_ms) const;
  void note_pause(std::int64_t now_ms);

  broker_health_options options_;
  std::int64_t observed_since_ms_;
  std::int64_t looked_ms_;
  std::int64_t pauses_ = 0;
  std::map<broker_id, record> records_;
};

}  // namespace marquee::write_manager
