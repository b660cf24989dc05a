#include "write_manager/placement_policy.h"

#include <algorithm>
#include <tuple>

namespace marquee::write_manager {

namespace {

/// The best candidate that is not chosen yet: another rack first, then few replicas, then the smaller id.
std::size_t pick_next(const std::vector<placement_candidate>& candidates,
                      const std::vector<std::size_t>& chosen) {
  const auto rank = [&](std::size_t i) {
    const bool same_rack = std::ranges::any_of(chosen, [&](std::size_t other) {
      return !candidates[i].rack.empty() && candidates[other].rack == candidates[i].rack;
    });
    return std::tuple(same_rack, candidates[i].replicas, candidates[i].replica.broker.value());
  };
  std::size_t best = candidates.size();
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    if (std::ranges::find(chosen, i) != chosen.end()) continue;
    if (best == candidates.size() || rank(i) < rank(best)) best = i;
  }
  return best;
}

}  // namespace

result<std::vector<db::partition_row>> place_partitions(std::vector<placement_candidate> candidates,
                                                        std::int32_t partitions,
                                                        std::int32_t replication_factor) {
  if (static_cast<std::int64_t>(candidates.size()) < replication_factor)
    return fail(error_code::unavailable, std::to_string(replication_factor) +
                                             " replicas need as many live brokers, there are " +
                                             std::to_string(candidates.size()));
  std::vector<db::partition_row> placed;
  for (std::int32_t partition = 0; partition < partitions; ++partition) {
    std::vector<std::size_t> chosen;
    for (std::int32_t i = 0; i < replication_factor; ++i) chosen.push_back(pick_next(candidates, chosen));
    // The order of the list is the order in which replicas campaign (DESIGN D18).
    std::ranges::sort(chosen, {}, [&](std::size_t i) {
      return std::tuple(candidates[i].first_places, candidates[i].replica.broker.value());
    });
    // Followers rotate as well, so that the partitions of a lost leader spread over the others.
    if (chosen.size() > 2)
      std::ranges::rotate(chosen.begin() + 1,
                          chosen.begin() + 1 + partition % static_cast<std::int32_t>(chosen.size() - 1),
                          chosen.end());
    db::partition_row& row = placed.emplace_back(partition_id(partition));
    for (const std::size_t i : chosen) {
      row.voters.push_back(candidates[i].replica);
      ++candidates[i].replicas;
    }
    ++candidates[chosen.front()].first_places;
  }
  return placed;
}

}  // namespace marquee::write_manager
