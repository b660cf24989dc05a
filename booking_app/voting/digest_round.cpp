#include "booking_app/voting/digest_round.h"

#include <map>

namespace marquee::booking {
namespace {

bool is_present(const status_answer& answer, const replica_ledger& ledger) {
  const replica_ledger::replica* const known = ledger.find(answer.replica);
  return known != nullptr && known->state != replica_state::retired &&
         known->incarnation == answer.incarnation;
}

/// The digest that at least `needed` have, if there is one and no other such.
std::optional<std::string> majority(const std::map<std::string, std::set<std::string>>& parties,
                                    std::size_t needed) {
  std::optional<std::string> found;
  for (const auto& [digest, replicas] : parties) {
    if (replicas.size() < needed) continue;
    if (found) return std::nullopt;
    found = digest;
  }
  return found;
}

}  // namespace

digest_round judge_digests(std::int64_t offset, const std::vector<status_answer>& answers,
                           const replica_ledger& ledger, std::size_t needed) {
  digest_round round{.offset = offset};
  const std::set<std::string> voting = ledger.voting();
  round.bootstrapping = voting.size() < needed;
  std::map<std::string, std::set<std::string>> parties;
  for (const status_answer& each : answers) {
    if (!is_present(each, ledger)) continue;
    if (each.broken) {
      round.broken.push_back(each.replica);
    } else if (each.digest) {
      if (round.bootstrapping || voting.contains(each.replica)) parties[*each.digest].insert(each.replica);
    } else if (each.applied < offset) {
      round.behind.push_back(each.replica);
    }
  }
  round.digest = majority(parties, needed);
  if (!round.digest) return round;
  for (const status_answer& each : answers) {
    if (!is_present(each, ledger) || each.broken || !each.digest) continue;
    (*each.digest == *round.digest ? round.agree : round.differ).push_back(each.replica);
  }
  return round;
}

}  // namespace marquee::booking
