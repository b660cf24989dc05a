#pragma once

#include <cstdint>
#include <string>

#include "base/clock.h"

namespace marquee::cli {

/// How far a job is.
struct job_figures {
  std::int64_t records = 0;
  std::int64_t bytes = 0;
  std::int64_t elapsed_us = 0;
  std::int64_t p99_us = 0;
};

/// "12345 records, 5432 records/s, 1.20 MB/s, p99 8.1 ms"
[[nodiscard]] std::string to_string(const job_figures& figures);

/// Shows figures on standard error: in place and 5 times a second on a terminal, as a plain line every 2
/// seconds otherwise. Belongs to one thread.
class progress {
 public:
  progress();
  /// True if enough time has passed for `show` to be worth its figures.
  [[nodiscard]] bool is_due() const;
  void show(const job_figures& figures);
  /// Clears what stands on the terminal.
  void finish();

 private:
  bool on_terminal_;
  bool has_line_ = false;
  system_clock clock_;
  std::int64_t last_ms_;
};

}  // namespace marquee::cli
