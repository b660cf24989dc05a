#include "raft/core/node_event.h"

#include <algorithm>

namespace marquee::raft {

std::string_view to_string(node_event_kind kind) {
  switch (kind) {
    case node_event_kind::election_started:
      return "election_started";
    case node_event_kind::vote_granted:
      return "vote_granted";
    case node_event_kind::vote_refused:
      return "vote_refused";
    case node_event_kind::leader_elected:
      return "leader_elected";
    case node_event_kind::leader_followed:
      return "leader_followed";
    case node_event_kind::stepped_down:
      return "stepped_down";
    case node_event_kind::transfer_started:
      return "transfer_started";
    case node_event_kind::transfer_given_up:
      return "transfer_given_up";
    case node_event_kind::doubt_settled:
      break;
  }
  return "doubt_settled";
}

void node_event_list::add(node_event what) {
  if (events_.size() >= events_most) return;
  const bool may_repeat = what.pre_vote || what.kind == node_event_kind::vote_refused;
  if (may_repeat) {
    if (std::ranges::find(repeated_, what) != repeated_.end()) return;
    if (repeated_.size() >= repeated_most) repeated_.erase(repeated_.begin());
    repeated_.push_back(what);
  }
  events_.push_back(std::move(what));
}

}  // namespace marquee::raft
