#include "write_manager/placement_policy.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

namespace marquee::write_manager {
namespace {

std::vector<placement_candidate> brokers(int count) {
  std::vector<placement_candidate> all;
  for (int i = 1; i <= count; ++i) all.push_back({.replica = {broker_id(i), incarnation_id(i * 10)}});
  return all;
}

struct spread {
  std::map<int, int> replicas;
  std::map<int, int> leaders;
};

spread count(const std::vector<db::partition_row>& partitions) {
  spread counted;
  for (const auto& partition : partitions) {
    ++counted.leaders[partition.voters.front().broker.value()];
    for (const replica_id& voter : partition.voters) ++counted.replicas[voter.broker.value()];
  }
  return counted;
}

TEST(placement_policy, spreads_replicas_and_first_leaders_evenly) {
  const auto placed = place_partitions(brokers(5), 20, 3);
  ASSERT_TRUE(placed);
  const spread counted = count(*placed);
  for (int i = 1; i <= 5; ++i) {
    EXPECT_EQ(counted.replicas.at(i), 12);
    EXPECT_EQ(counted.leaders.at(i), 4);
  }
}

TEST(placement_policy, never_puts_two_replicas_on_one_broker) {
  const auto placed = place_partitions(brokers(4), 30, 3);
  for (const auto& partition : *placed) {
    std::set<std::int32_t> used;
    for (const replica_id& voter : partition.voters) used.insert(voter.broker.value());
    EXPECT_EQ(used.size(), 3U);
  }
}

TEST(placement_policy, followers_of_one_leader_take_turns_in_the_order_of_succession) {
  const auto placed = place_partitions(brokers(3), 12, 3);
  std::map<int, std::set<int>> second;
  for (const auto& partition : *placed)
    second[partition.voters[0].broker.value()].insert(partition.voters[1].broker.value());
  for (const auto& [leader, heirs] : second) EXPECT_EQ(heirs.size(), 2U) << leader;
}

TEST(placement_policy, prefers_brokers_that_have_little) {
  auto candidates = brokers(3);
  candidates[0].replicas = 100;
  candidates[1].first_places = 100;
  const auto placed = place_partitions(candidates, 1, 2);
  EXPECT_EQ(placed->front().voters[0].broker, broker_id(3));
  EXPECT_EQ(placed->front().voters[1].broker, broker_id(2));
}

TEST(placement_policy, uses_different_racks_while_there_are_any) {
  auto candidates = brokers(4);
  candidates[0].rack = candidates[1].rack = candidates[2].rack = "a";
  candidates[3].rack = "b";
  candidates[3].replicas = 50;
  const auto placed = place_partitions(candidates, 3, 2);
  for (const auto& partition : *placed) {
    const bool has_b =
        partition.voters[0].broker == broker_id(4) || partition.voters[1].broker == broker_id(4);
    EXPECT_TRUE(has_b);
  }
}

TEST(placement_policy, says_how_many_brokers_are_missing) {
  const auto placed = place_partitions(brokers(2), 1, 3);
  ASSERT_FALSE(placed);
  EXPECT_EQ(placed.error().code, error_code::unavailable);
}

}  // namespace
}  // namespace marquee::write_manager
