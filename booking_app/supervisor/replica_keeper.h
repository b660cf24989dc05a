#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "base/metrics.h"
#include "booking_app/supervisor/cluster_file.h"
#include "booking_app/supervisor/process_record.h"
#include "booking_app/supervisor/replacement_plan.h"
#include "booking_app/supervisor/replica_place.h"
#include "booking_app/voting/ledger_entry.h"
#include "booking_app/voting/replica_ledger.h"

namespace marquee::booking {

/// What a keeper needs besides its replica. Outlives it.
struct keeper_tools {
  std::string binary;  ///< what replicas are started from
  std::string by;      ///< this supervisor, in entries of the ledger
  plan_limits limits;
  cluster_file cluster;
  /// The incarnation that answers at an address over HTTP; nothing if nobody does, or not as that replica.
  std::function<std::optional<std::int64_t>(const replica_place&)> ask;
  /// Writes to `booking.admin`, in the background.
  std::function<void(const ledger_entry&)> note;
  metric_counter& starts;
  metric_counter& failed_starts;
  metric_counter& stops;
};

/// Keeps one replica as the ledger wants it: looks at what runs, asks the plan, does one step. All that must
/// survive its own end is on disk and in the ledger. On the supervisor's thread; `look` may take as long as a
/// process takes to stop (a few seconds).
class replica_keeper {
 public:
  /// `process_name`: the replica's in cluster.json.
  replica_keeper(replica_place place, std::string process_name, const keeper_tools& tools);

  void look(const replica_ledger::replica& wanted, std::int64_t now_ms);
  /// JSON object for GET /replicas, as of the last look.
  [[nodiscard]] std::string report(const replica_ledger::replica& wanted) const;
  [[nodiscard]] const replica_place& place() const { return place_; }

 private:
  [[nodiscard]] replica_view observe(const replica_ledger::replica& wanted, std::int64_t now_ms);
  void reap(std::int64_t now_ms);
  void start(std::int64_t incarnation, std::int64_t now_ms);
  void start_failed(const std::string& why, std::int64_t now_ms);
  void stop();
  void announce(std::int64_t incarnation, std::int64_t now_ms);
  void remove_old(std::int64_t incarnation);
  void keep_cluster_file_true(std::int64_t now_ms);

  replica_place place_;
  std::string process_name_;
  const keeper_tools& tools_;
  std::optional<process_record> record_{};  ///< of the process that runs
  std::optional<pid_t> lock_holder_{};
  pid_t child_ = 0;  ///< started by this supervisor and not waited for
  std::int64_t child_incarnation_ = 0;
  bool child_answered_ = false;
  std::int64_t failures_ = 0;  ///< starts in a row
  std::int64_t not_before_ms_ = 0;
  std::optional<std::int64_t> new_process_ms_{};
  std::optional<std::int64_t> gone_since_ms_{};
  std::int64_t announced_ = 0;
  std::int64_t announced_ms_ = 0;
  pid_t told_pid_ = 0;  ///< what cluster.json was compared with last
  std::int64_t told_ms_ = 0;
  std::string cluster_file_problem_{};
};

}  // namespace marquee::booking
