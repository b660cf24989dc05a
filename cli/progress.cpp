#include "cli/progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

namespace marquee::cli {

std::string to_string(const job_figures& figures) {
  const double seconds = static_cast<double>(std::max<std::int64_t>(figures.elapsed_us, 1)) / 1e6;
  return fmt::format("{} records, {:.0f} records/s, {:.2f} MB/s, p99 {:.1f} ms", figures.records,
                     static_cast<double>(figures.records) / seconds,
                     static_cast<double>(figures.bytes) / seconds / 1e6,
                     static_cast<double>(figures.p99_us) / 1e3);
}

progress::progress() : on_terminal_(isatty(STDERR_FILENO) == 1), last_ms_(clock_.monotonic_ms()) {}

bool progress::is_due() const {
  return clock_.monotonic_ms() - last_ms_ >= (on_terminal_ ? 200 : 2000);
}

void progress::show(const job_figures& figures) {
  last_ms_ = clock_.monotonic_ms();
  if (on_terminal_)
    fmt::print(stderr, "\r\033[K{}", to_string(figures));
  else
    fmt::print(stderr, "{}\n", to_string(figures));
  std::fflush(stderr);
  has_line_ = on_terminal_;
}

void progress::finish() {
  if (has_line_) fmt::print(stderr, "\r\033[K");
  has_line_ = false;
}

}  // namespace marquee::cli
