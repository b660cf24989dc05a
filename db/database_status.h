#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace marquee {
class metric_counter;
class metric_gauge;
class metric_histogram;
class metrics_registry;
}  // namespace marquee

namespace marquee::db {

/// How PostgreSQL does, as seen by all connections of one process: for /ready, for messages to clients and
/// for metrics. Owned by the process, told by every `database_connection`. Thread-safe.
class database_status {
 public:
  /// Adds marquee_<role>_postgres_{up,errors_total,wait_us} to the registry, which outlives the status.
  database_status(metrics_registry& metrics, const std::string& role);
  /// Counts nowhere.
  database_status() = default;
  database_status(const database_status&) = delete;
  database_status& operator=(const database_status&) = delete;

  void answered();
  /// PostgreSQL answered, and did not do what it was asked.
  void refused();
  /// It could not be reached, or has not answered.
  void failed(std::string_view problem);
  /// How long a call waited until it had its answer.
  void waited(std::int64_t duration_us);

  /// False from a failure on until somebody gets an answer.
  [[nodiscard]] bool up() const;
  /// It has not been seen to answer since it failed: calls that must fail soon should.
  [[nodiscard]] bool down() const;
  /// How often it came back: whoever waits before the next attempt need not, once this has changed.
  [[nodiscard]] std::uint64_t recoveries() const;
  /// "PostgreSQL has not answered since 2026-01-31T12:00:00Z (12 s ago): <problem>", or that it answers.
  [[nodiscard]] std::string describe() const;

  /// The database is not this cluster's: no call may touch it until it is again. Empty: it is.
  void set_foreign(std::string why);
  /// Errors: unavailable (the database is not this cluster's).
  [[nodiscard]] result<> check_own() const;

 private:
  metric_gauge* up_gauge_ = nullptr;
  metric_counter* errors_ = nullptr;
  metric_histogram* waits_ = nullptr;

  mutable std::mutex mutex_;
  bool up_ = false;
  bool heard_ = false;  ///< it answered once
  std::uint64_t recoveries_ = 0;
  std::int64_t since_ms_ = 0;            ///< wall clock: the first failure of the outage; 0: none yet
  std::int64_t since_monotonic_ms_ = 0;  ///< the same moment
  std::string problem_;
  std::string foreign_;
};

}  // namespace marquee::db
