#include "base/process_metrics.h"

#include <sys/resource.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>

#include "base/clock.h"
#include "base/release.h"

namespace marquee {

namespace {

std::uint64_t processor_us() {
  rusage used{};
  if (::getrusage(RUSAGE_SELF, &used) != 0) return 0;
  const auto us = [](const timeval& time) {
    return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000 + static_cast<std::uint64_t>(time.tv_usec);
  };
  return us(used.ru_utime) + us(used.ru_stime);
}

std::int64_t resident_bytes() {
  std::ifstream file("/proc/self/statm");
  std::int64_t total = 0, resident = 0;
  file >> total >> resident;
  return resident * ::sysconf(_SC_PAGESIZE);
}

std::int64_t open_files() {
  std::error_code failed;
  std::int64_t count = 0;
  for (auto each = std::filesystem::directory_iterator("/proc/self/fd", failed);
       !failed && each != std::filesystem::directory_iterator(); each.increment(failed))
    ++count;
  return count;
}

std::int64_t open_files_limit() {
  rlimit limit{};
  return ::getrlimit(RLIMIT_NOFILE, &limit) == 0 ? static_cast<std::int64_t>(limit.rlim_cur) : 0;
}

}  // namespace

void add_process_metrics(metrics_registry& registry) {
  metric_counter& processor =
      registry.counter("marquee_process_cpu_us_total", "Processor time used, in microseconds.");
  metric_gauge& resident = registry.gauge("marquee_process_resident_bytes", "Memory that is resident.");
  metric_gauge& files = registry.gauge("marquee_process_open_files", "Open files and connections.");
  metric_gauge& limit =
      registry.gauge("marquee_process_open_files_limit", "Files and connections that may be open.");
  metric_gauge& wall =
      registry.gauge("marquee_process_wall_time_ms", "This process's clock, milliseconds since 1970 UTC.");
  registry.gauge("marquee_process_start_time_ms", "When it was started, milliseconds since 1970 UTC.")
      .set(system_clock().wall_ms());
  registry
      .gauge("marquee_build_info", "Always 1; the release is in the label.",
             {{"version", std::string(release_version())}})
      .set(1);
  registry.before_text([&processor, &resident, &files, &limit, &wall] {
    const std::uint64_t now_us = processor_us();
    processor.add(now_us - processor.value());
    resident.set(resident_bytes());
    files.set(open_files());
    limit.set(open_files_limit());
    wall.set(system_clock().wall_ms());
  });
}

}  // namespace marquee
