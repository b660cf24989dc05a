#include "benchmarks/load/cpu_meter.h"

#include <sys/resource.h>

namespace marquee::load {

namespace {

double cpu_seconds_so_far() {
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(used.ru_utime) + seconds(used.ru_stime);
}

}  // namespace

cpu_meter::cpu_meter(measured_window window)
    : sampler_([this, window] {
        std::this_thread::sleep_until(window.begin);
        const double before = cpu_seconds_so_far();
        std::this_thread::sleep_until(window.end);
        used_ = cpu_seconds_so_far() - before;
      }) {}

double cpu_meter::seconds() {
  sampler_.join();
  return used_;
}

}  // namespace marquee::load
