#include "base/assert.h"

#include <cstdio>
#include <cstdlib>

namespace marquee {

void assertion_failed(const char* condition, const char* message, const char* file, int line) {
  std::fprintf(stderr, "%s:%d: invariant violated: %s (%s)\n", file, line, message, condition);
  std::fflush(nullptr);
  std::abort();
}

}  // namespace marquee
