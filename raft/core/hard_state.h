#pragma once

#include <optional>

#include "base/types.h"

namespace marquee::raft {

/// What a replica must never forget: written in one piece (raft-pitfalls 2).
struct hard_state {
  term_number term;
  std::optional<replica_id> voted_for;

  bool operator==(const hard_state&) const = default;
};

}  // namespace marquee::raft
