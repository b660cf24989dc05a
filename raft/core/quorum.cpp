#include "raft/core/quorum.h"

namespace marquee::raft {
namespace {

log_index majority_index(const std::vector<replica_id>& voters,
                         const std::function<log_index(const replica_id&)>& match_of) {
  if (voters.empty()) return log_index(0);
  std::vector<log_index> matches;
  matches.reserve(voters.size());
  for (const replica_id& voter : voters) matches.push_back(match_of(voter));
  std::ranges::sort(matches, std::greater<>());
  return matches[voters.size() / 2];
}

}  // namespace

log_index quorum_index(const configuration& members,
                       const std::function<log_index(const replica_id&)>& match_of) {
  const log_index incoming = majority_index(members.voters, match_of);
  if (members.outgoing_voters.empty()) return incoming;
  return std::min(incoming, majority_index(members.outgoing_voters, match_of));
}

election_outcome vote_tally::outcome(const configuration& members) const {
  const auto granted = [this](const replica_id& voter) {
    const auto answer = answers_.find(voter);
    return answer != answers_.end() && answer->second;
  };
  const auto still_possible = [this](const replica_id& voter) {
    const auto answer = answers_.find(voter);
    return answer == answers_.end() || answer->second;
  };
  if (has_quorum(members, granted)) return election_outcome::won;
  return has_quorum(members, still_possible) ? election_outcome::open : election_outcome::lost;
}

}  // namespace marquee::raft
