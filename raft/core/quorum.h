#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <vector>

#include "base/types.h"
#include "raft/core/configuration.h"

namespace marquee::raft {

/// True if more than half of `voters` satisfy `holds`. Nobody is no majority.
template <class Predicate>
[[nodiscard]] bool has_majority(const std::vector<replica_id>& voters, Predicate&& holds) {
  const auto count = std::ranges::count_if(voters, holds);
  return static_cast<std::size_t>(count) >= voters.size() / 2 + 1;
}

/// A majority of the voters, and while the configuration is joint of the outgoing ones too (thesis 4.3).
template <class Predicate>
[[nodiscard]] bool has_quorum(const configuration& members, Predicate&& holds) {
  return has_majority(members.voters, holds) &&
         (members.outgoing_voters.empty() || has_majority(members.outgoing_voters, holds));
}

/// The highest value that more than half of `voters` reach, where `value_of(replica)` says what each one has.
template <class ValueOf>
[[nodiscard]] auto majority_value(const std::vector<replica_id>& voters, ValueOf&& value_of) {
  std::vector<decltype(value_of(voters.front()))> values;
  values.reserve(voters.size());
  for (const replica_id& voter : voters) values.push_back(value_of(voter));
  std::ranges::sort(values, std::greater<>());
  return values[voters.size() / 2];
}

/// The highest value that a quorum reaches. There is at least one voter.
template <class ValueOf>
[[nodiscard]] auto quorum_value(const configuration& members, ValueOf&& value_of) {
  const auto incoming = majority_value(members.voters, value_of);
  return members.outgoing_voters.empty()
             ? incoming
             : std::min(incoming, majority_value(members.outgoing_voters, value_of));
}

/// The highest index that a quorum has, where `match_of(replica)` says what each one has (Raft paper, figure
/// 2: "a majority of matchIndex[i] >= N").
template <class MatchOf>
[[nodiscard]] log_index quorum_index(const configuration& members, MatchOf&& match_of) {
  return members.empty() ? log_index(0) : quorum_value(members, match_of);
}

enum class election_outcome { open, won, lost };

enum class vote_answer : std::uint8_t {
  refused,
  granted_in_doubt,  ///< by a replica that may have lost what it acknowledged (DESIGN D4)
  granted,
};

/// The answers of one round of votes or pre-votes. Each replica's first answer counts, however often it comes
/// (raft-pitfalls 10).
///
/// Won with a quorum of voters that are not in doubt: one of them has every committed entry (Raft paper
/// 5.4.3). Or with every single voter: then nobody has more than the winner, whatever was lost. A candidate
/// that is in doubt itself wins in the second way only.
class vote_tally {
 public:
  void clear() { answers_.clear(); }
  void record(const replica_id& voter, vote_answer answer) { answers_.emplace(voter, answer); }
  /// Lost as soon as neither way is open any more.
  [[nodiscard]] election_outcome outcome(const configuration& members, const replica_id& candidate) const;

 private:
  std::map<replica_id, vote_answer> answers_;
};

}  // namespace marquee::raft
