#pragma once

#include <thread>

#include "benchmarks/load/load_figures.h"

namespace marquee::load {

/// The CPU seconds that this process uses within the window, taken by a thread that sleeps until its two
/// ends.
class cpu_meter {
 public:
  explicit cpu_meter(measured_window window);
  /// Waits for the end of the window.
  [[nodiscard]] double seconds();

 private:
  double used_ = 0;
  std::jthread sampler_;
};

}  // namespace marquee::load
