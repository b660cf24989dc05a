#pragma once

#include <cstdint>
#include <functional>
#include <mutex>
#include <string>

#include "base/file_system.h"
#include "base/metrics.h"
#include "base/result.h"
#include "net/event_loop.h"

namespace marquee::broker {

/// Looks every second how much is free on the disk that holds the data directory. Below `reserve_bytes` the
/// broker steps aside (`changed(true)`) until a quarter more than that is free again, so that it does not go
/// to and fro. It is aside as well while the log says that it met a full disk, as happens with a reserve of 0
/// or one that is used up within a second.
///
/// Lives on `loop`, which must end before anything that this refers to; `state` from any thread.
class disk_watch {
 public:
  disk_watch(net::event_loop& loop, const file_system& files, metrics_registry& metrics, std::string data_dir,
             std::int64_t reserve_bytes, std::function<result<>()> log_space,
             std::function<void(bool low)> changed);

  /// Once.
  void start();
  /// Looks now. On `loop`, or before `start`.
  void check();
  /// Errors: no_space, with path, bytes and what to do.
  [[nodiscard]] result<> state() const;

 private:
  net::event_loop& loop_;
  const file_system& files_;
  metric_gauge& free_;
  metric_gauge& low_gauge_;
  const std::string data_dir_;
  const std::int64_t reserve_bytes_;
  const std::function<result<>()> log_space_;
  const std::function<void(bool low)> changed_;
  mutable std::mutex mutex_;
  bool low_ = false;
  /// Log and metric say so: nearly full, or full.
  bool aside_ = false;
  std::int64_t free_bytes_ = 0;
};

}  // namespace marquee::broker
