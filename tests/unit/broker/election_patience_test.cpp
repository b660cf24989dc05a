#include "broker/election_patience.h"

#include <gtest/gtest.h>

namespace marquee::broker {
namespace {

group_id group(int partition) {
  uuid topic;
  topic.octets.fill(3);
  return {topic, partition_id(partition)};
}

TEST(election_patience_test, partition_with_a_leader_is_not_waited_for) {
  election_patience patience(1'000);
  EXPECT_FALSE(patience.is_worth_waiting(group(0), true, 0));
}

TEST(election_patience_test, partition_that_has_lost_its_leader_is_waited_for_until_patience_ends) {
  election_patience patience(1'000);
  EXPECT_TRUE(patience.is_worth_waiting(group(0), false, 5'000));
  EXPECT_TRUE(patience.is_worth_waiting(group(0), false, 5'999));
  EXPECT_FALSE(patience.is_worth_waiting(group(0), false, 6'000));
  EXPECT_FALSE(patience.is_worth_waiting(group(0), false, 60'000));
  EXPECT_TRUE(patience.is_worth_waiting(group(1), false, 60'000)) << "each has its own time";
}

TEST(election_patience_test, each_loss_of_a_leader_is_waited_for_anew) {
  election_patience patience(1'000);
  EXPECT_TRUE(patience.is_worth_waiting(group(0), false, 0));
  EXPECT_FALSE(patience.is_worth_waiting(group(0), false, 2'000));
  EXPECT_FALSE(patience.is_worth_waiting(group(0), true, 3'000));
  EXPECT_TRUE(patience.is_worth_waiting(group(0), false, 9'000));
}

TEST(election_patience_test, remembers_a_bounded_number_of_partitions) {
  election_patience patience(1'000, 3);
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(patience.is_worth_waiting(group(i), false, 0));
  EXPECT_TRUE(patience.is_worth_waiting(group(0), false, 5'000)) << "forgotten: waited for once more";
}

}  // namespace
}  // namespace marquee::broker
