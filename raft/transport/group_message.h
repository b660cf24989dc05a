#pragma once

#include "base/types.h"
#include "raft/core/message.h"

namespace marquee::raft {

/// A message together with the group that it belongs to: what travels between brokers.
struct group_message {
  group_id group;
  message value;
};

/// Who leads a group, from `term` on (DESIGN D16).
struct group_leader {
  group_id group;
  term_number term;
  replica_id leader;

  bool operator==(const group_leader&) const = default;
};

}  // namespace marquee::raft
