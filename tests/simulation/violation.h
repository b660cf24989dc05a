#pragma once

#include <stdexcept>
#include <string>

namespace marquee::raft::simulation {

/// An invariant does not hold. In the simulator an assertion of raft/core ends in one too, instead of ending
/// the process, so that the seed can be reported.
struct violation : std::runtime_error {
  using std::runtime_error::runtime_error;
};

}  // namespace marquee::raft::simulation
