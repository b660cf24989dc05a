#include "raft/core/quorum.h"

#include <optional>

#include "raft/core/planted_bugs.h"

namespace marquee::raft {

election_outcome vote_tally::outcome(const configuration& members, const replica_id& candidate) const {
  const auto answer_of = [this](const replica_id& voter) {
    const auto found = answers_.find(voter);
    return found == answers_.end() ? std::nullopt : std::optional(found->second);
  };
  const auto firm = [&](const replica_id& voter) {
    const auto answer = answer_of(voter);
    return answer == vote_answer::granted ||
           (answer && *answer != vote_answer::refused && planted(planted_bug::counts_votes_in_doubt));
  };
  const auto granted = [&](const replica_id& voter) {
    const auto answer = answer_of(voter);
    return answer && *answer != vote_answer::refused;
  };
  const auto may_become_firm = [&](const replica_id& voter) { return !answer_of(voter) || firm(voter); };
  const auto may_be_granted = [&](const replica_id& voter) { return !answer_of(voter) || granted(voter); };
  const auto everybody = [&](const auto& holds) {
    return std::ranges::all_of(members.voters, holds) && std::ranges::all_of(members.outgoing_voters, holds);
  };
  const bool needs_everybody = granted(candidate) && !firm(candidate);
  if ((!needs_everybody && has_quorum(members, firm)) || everybody(granted)) return election_outcome::won;
  const bool is_open =
      (!needs_everybody && has_quorum(members, may_become_firm)) || everybody(may_be_granted);
  return is_open ? election_outcome::open : election_outcome::lost;
}

}  // namespace marquee::raft
