#include <gtest/gtest.h>

#include <limits>

#include "tests/raft_paper/test_group.h"

namespace marquee::raft::testing {
namespace {

// A node is asked only when something is due: nothing that was told in time may be late, and nothing early.
TEST(deadline, follower_waits_for_the_end_of_the_leaders_time_and_each_heartbeat_moves_it) {
  test_replica one(replica(2), voters({1, 2, 3}));
  one.receive(one.from(1, message_type::heartbeat_request));
  const std::int64_t first_ms = one.core().next_deadline_ms();
  EXPECT_GE(first_ms, one.now_ms() + 500);
  EXPECT_LE(first_ms, one.now_ms() + 1000);
  one.pass(300);
  one.receive(one.from(1, message_type::heartbeat_request));
  const std::int64_t second_ms = one.core().next_deadline_ms();
  EXPECT_GE(second_ms, one.now_ms() + 500);
  one.core().tick(second_ms - 1, 0);
  EXPECT_FALSE(one.core().has_work());
  EXPECT_EQ(one.core().next_deadline_ms(), second_ms);
  one.core().tick(second_ms, 0);
  EXPECT_EQ(one.own_role(), role::pre_candidate);
}

TEST(deadline, broken_connection_to_the_leader_moves_it_earlier) {
  test_replica one(replica(2), voters({1, 2, 3}));
  one.receive(one.from(1, message_type::heartbeat_request));
  one.core().peer_down(broker_id(1), peer_loss::reset);
  EXPECT_LE(one.core().next_deadline_ms(), one.now_ms() + 20);
}

TEST(deadline, learner_waits_for_nothing) {
  configuration members = voters({1, 3});
  members.learners.push_back(replica(2));
  test_replica one(replica(2), members);
  EXPECT_EQ(one.core().next_deadline_ms(), std::numeric_limits<std::int64_t>::max());
}

TEST(deadline, leader_waits_for_its_next_heartbeat_and_for_the_majority_that_falls_silent) {
  test_group group(3);
  test_replica& leader = group[group.elect()];
  EXPECT_LE(leader.core().next_deadline_ms(), leader.now_ms() + 100);
  // Alone from here on: it steps down in time although nobody looks at it in between.
  std::int64_t last_ms = leader.now_ms();
  for (int visits = 0; leader.own_role() == role::leader; ++visits) {
    ASSERT_LT(visits, 20);
    last_ms = leader.core().next_deadline_ms();
    leader.core().tick(last_ms, 0);
    leader.handle_work();
  }
  EXPECT_GE(last_ms, leader.now_ms() + 900);
  EXPECT_LE(last_ms, leader.now_ms() + 1001);
}

TEST(deadline, leader_that_is_the_only_voter_hears_from_a_majority_for_ever) {
  test_group group(1);
  test_replica& leader = group[group.elect()];
  for (int visits = 0; visits < 100; ++visits) leader.core().tick(leader.core().next_deadline_ms(), 0);
  EXPECT_EQ(leader.own_role(), role::leader);
}

}  // namespace
}  // namespace marquee::raft::testing
