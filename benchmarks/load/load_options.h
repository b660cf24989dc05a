#pragma once

#include <cstdint>
#include <string>

#include "benchmarks/load/load_figures.h"

namespace CLI {
class App;
}

namespace marquee::load {

/// What both load programs can be told.
struct load_options {
  std::string topic;
  std::int64_t connections = 1;
  std::int64_t record_bytes = 1024;
  std::int64_t batch = 1;
  double seconds = 10;
  double warm_up_seconds = 1;
  double rate = 0;              ///< records a second; 0: a closed loop
  std::int64_t keys = 0;        ///< so many different keys; 0: none
  std::int64_t step_ms = 1000;  ///< of the timeline
  double timeout_seconds = 30;  ///< for one answer, and for what is under way at the end

  bool announces = false;

  void describe(CLI::App& app);
  /// Says on standard error that the load begins, if wanted: whoever started it may have something planned.
  void announce_start() const;
  [[nodiscard]] measured_window window_from(steady::time_point start) const;
  [[nodiscard]] load_figures make_figures(steady::time_point start) const {
    return load_figures(window_from(start), std::chrono::milliseconds(step_ms));
  }
};

/// Printable bytes that do not compress to nothing; the same ones in every run for the same `seed`.
[[nodiscard]] std::string make_payload(std::int64_t bytes, std::uint64_t seed);

[[nodiscard]] steady::duration to_duration(double seconds);

}  // namespace marquee::load
