#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "cli/latency_histogram.h"

namespace marquee::load {

using steady = std::chrono::steady_clock;

/// What counts: from the end of the warm-up to the end of the load.
struct measured_window {
  steady::time_point begin;
  steady::time_point end;
};

/// What one load program has seen. Throughput counts what was answered within the window; latency counts what
/// was due within it, also when its answer came later, so that a stall at the end is not lost. Errors count
/// whenever they come, in the warm-up too. Not thread-safe: each thread has its own, merged when all are
/// done.
class load_figures {
 public:
  load_figures(measured_window window, std::chrono::milliseconds step) : window_(window), step_(step) {}

  /// `due` is when the request should have started: in an open loop that may be long before it was sent.
  void answered(steady::time_point due, steady::time_point now, std::int64_t records, std::int64_t bytes);
  void failed(steady::time_point now, const std::string& reason, std::int64_t count = 1);
  /// Something worth knowing that is no error, such as answers that were duplicates.
  void noted(const std::string& what, std::int64_t count = 1) { notes_[what] += count; }
  void merge(const load_figures& other);
  /// Only what went wrong there.
  void take_errors_of(const load_figures& other);

  [[nodiscard]] const measured_window& window() const { return window_; }
  /// In the warm-up and after the end too.
  [[nodiscard]] std::int64_t records_ever() const { return records_ever_; }
  /// The document that all load programs print; `benchmarks/load/README.md` says what each field means.
  [[nodiscard]] nlohmann::json to_json(const std::string& operation, double client_cpu_seconds) const;

 private:
  struct step_figures {
    std::int64_t records = 0;
    std::int64_t errors = 0;
    std::unique_ptr<cli::latency_histogram> latency_us;
  };
  /// Null outside of the window.
  step_figures* step_at(steady::time_point now);

  measured_window window_;
  std::chrono::milliseconds step_;
  std::int64_t records_ = 0;
  std::int64_t requests_ = 0;
  std::int64_t bytes_ = 0;
  std::int64_t records_ever_ = 0;
  std::int64_t requests_ever_ = 0;
  std::int64_t slowest_us_ = 0;
  cli::latency_histogram latency_us_;
  std::map<std::string, std::int64_t> errors_;
  std::map<std::string, std::int64_t> notes_;
  std::vector<step_figures> steps_;
};

}  // namespace marquee::load
