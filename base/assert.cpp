#include "base/assert.h"

#include <cstdio>
#include <cstdlib>

#include "base/logging.h"

namespace marquee {

void assertion_failed(const char* condition, const char* message, const char* file, int line) {
  // Standard error first: the log may be what is broken.
  std::fprintf(stderr, "%s:%d: invariant violated: %s (%s)\n", file, line, message, condition);
  std::fflush(stderr);
  log_error("assert",
            "{}:{}: invariant violated: {} ({}); the process stops, because going on could lose data", file,
            line, message, condition);
  flush_log();
  std::abort();
}

}  // namespace marquee
