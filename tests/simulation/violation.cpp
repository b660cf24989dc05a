#include "tests/simulation/violation.h"

#include "base/assert.h"

namespace marquee {

/// Stands in for base/assert.cpp.
void assertion_failed(const char* condition, const char* message, const char* file, int line) {
  throw raft::simulation::violation(std::string("assertion of raft/core: ") + message + " (" + condition +
                                    ") at " + file + ":" + std::to_string(line));
}

}  // namespace marquee
