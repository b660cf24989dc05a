#include "db/database_status.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <ctime>

#include "base/clock.h"
#include "base/metrics.h"

namespace marquee::db {

database_status::database_status(metrics_registry& metrics, const std::string& role)
    : up_gauge_(&metrics.gauge("marquee_" + role + "_postgres_up", "1 while PostgreSQL answers")),
      errors_(&metrics.counter("marquee_" + role + "_postgres_errors_total",
                               "Calls and connections to PostgreSQL that failed")),
      waits_(&metrics.histogram("marquee_" + role + "_postgres_wait_us",
                                "Time that calls waited for PostgreSQL in microseconds",
                                metric_histogram::latency_us_bounds())) {}

void database_status::answered() {
  const std::lock_guard lock(mutex_);
  if (!up_) ++recoveries_;
  up_ = heard_ = true;
  since_ms_ = 0;
  if (up_gauge_ != nullptr) up_gauge_->set(1);
}

void database_status::refused() {
  answered();
  if (errors_ != nullptr) errors_->add();
}

void database_status::failed(std::string_view problem) {
  const std::lock_guard lock(mutex_);
  if (since_ms_ == 0) {
    since_ms_ = system_clock().wall_ms();
    since_monotonic_ms_ = system_clock().monotonic_ms();
  }
  up_ = false;
  problem_ = problem;
  if (up_gauge_ != nullptr) up_gauge_->set(0);
  if (errors_ != nullptr) errors_->add();
}

void database_status::waited(std::int64_t duration_us) {
  if (waits_ != nullptr) waits_->observe(static_cast<std::uint64_t>(duration_us));
}

bool database_status::up() const {
  const std::lock_guard lock(mutex_);
  return up_;
}

bool database_status::down() const {
  const std::lock_guard lock(mutex_);
  return since_ms_ != 0;
}

std::uint64_t database_status::recoveries() const {
  const std::lock_guard lock(mutex_);
  return recoveries_;
}

std::string database_status::describe() const {
  const std::lock_guard lock(mutex_);
  if (!foreign_.empty()) return foreign_;
  if (up_) return "PostgreSQL answers";
  if (since_ms_ == 0) return "PostgreSQL has not been asked yet";
  return fmt::format("{} since {:%Y-%m-%dT%H:%M:%SZ} ({} s ago): {}",
                     heard_ ? "PostgreSQL has not answered" : "waiting for PostgreSQL",
                     fmt::gmtime(static_cast<std::time_t>(since_ms_ / 1000)),
                     (system_clock().monotonic_ms() - since_monotonic_ms_) / 1000, problem_);
}

void database_status::set_foreign(std::string why) {
  const std::lock_guard lock(mutex_);
  foreign_ = std::move(why);
}

result<> database_status::check_own() const {
  const std::lock_guard lock(mutex_);
  if (!foreign_.empty()) return fail(error_code::unavailable, foreign_);
  return {};
}

}  // namespace marquee::db
