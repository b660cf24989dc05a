#include <gtest/gtest.h>

#include "tests/raft_paper/test_group.h"

/// Thesis 3.10: handing leadership over.
namespace marquee::raft::testing {
namespace {

TEST(transfer, moves_leadership_to_any_voter_although_the_leader_is_alive) {
  test_group group(3);
  for (const int target : {2, 3, 1, 3}) {
    group.elect_this(target);
    EXPECT_EQ(group.leader(), target);
  }
}

// Who spreads leaders must tell what an operator wanted from what just happened.
TEST(transfer, leader_says_whether_an_operator_wanted_it) {
  test_group group(3);
  const int first = group.elect();
  EXPECT_FALSE(group[first].core().status().ordered_ms_ago.has_value()) << "nobody led";
  const int second = first == 1 ? 2 : 1;
  ASSERT_TRUE(group[first].core().transfer_leadership(replica(second), transfer_reason::order));
  group.deliver_all();
  ASSERT_EQ(group.leader(), second);
  EXPECT_TRUE(group[second].core().status().ordered_ms_ago.has_value());
  EXPECT_FALSE(group[first].core().status().ordered_ms_ago.has_value()) << "it follows";
  group.elect_this(first);
  EXPECT_FALSE(group[first].core().status().ordered_ms_ago.has_value()) << "the leader wanted to be relieved";
  ASSERT_TRUE(group[second].core().campaign());
  group.deliver_all();
  ASSERT_EQ(group.leader(), second);
  EXPECT_TRUE(group[second].core().status().ordered_ms_ago.has_value());
}

// Pitfall 60: the target must have the whole log first; nothing is accepted meanwhile.
TEST(transfer, target_that_lags_is_told_only_when_it_has_caught_up) {
  test_replica one(replica(1), voters({1, 2, 3}));
  one.become_leader();
  (void)one.take_sent();
  ASSERT_TRUE(one.core().transfer_leadership(replica(2)));
  EXPECT_TRUE(one.take_sent(message_type::timeout_now).empty());
  const auto refused = one.core().propose(records("a", 0));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, error_code::unavailable);
  message ack = one.from(2, message_type::append_response);
  ack.index = log_index(1);
  one.receive(ack);
  EXPECT_EQ(one.take_sent(message_type::timeout_now).size(), 1u);
}

TEST(transfer, is_given_up_when_the_target_does_not_take_over) {
  test_replica one(replica(1), voters({1, 2, 3}));
  one.become_leader();
  ASSERT_TRUE(one.core().transfer_leadership(replica(2)));
  for (int i = 0; i < 10; ++i) {
    one.receive(one.from(3, message_type::heartbeat_response));
    one.pass(100);
  }
  EXPECT_TRUE(one.core().propose(records("a", 0)));
}

// Pitfall 60: a learner, a stranger or another incarnation cannot lead.
TEST(transfer, is_refused_to_who_is_no_voter) {
  configuration members = voters({1, 2, 3});
  members.learners = {replica(4)};
  test_replica one(replica(1), members);
  EXPECT_EQ(one.core().transfer_leadership(replica(2)).error().code, error_code::not_leader);
  one.become_leader();
  for (const replica_id& target : {replica(4), replica(9), replica(2, 5)})
    EXPECT_EQ(one.core().transfer_leadership(target).error().code, error_code::invalid_argument);
}

// Pitfall 60: the old leader's heartbeat does not cancel the election that it asked for.
TEST(transfer, heartbeat_of_the_old_leader_does_not_cancel_the_election) {
  test_replica one(replica(2), voters({1, 2, 3}));
  one.receive(one.from(1, message_type::heartbeat_request));
  const message heartbeat = one.from(1, message_type::heartbeat_request);
  one.receive(one.from(1, message_type::timeout_now));
  EXPECT_EQ(one.own_role(), role::candidate);
  const auto requests = one.take_sent(message_type::vote_request);
  ASSERT_EQ(requests.size(), 2u);
  EXPECT_TRUE(requests[0].transfer);
  one.receive(heartbeat);
  EXPECT_EQ(one.own_role(), role::candidate);
}

TEST(transfer, only_the_current_leader_can_ask_for_it) {
  test_replica one(replica(2), voters({1, 2, 3}));
  one.receive(one.from(1, message_type::heartbeat_request));
  one.receive(one.from(3, message_type::timeout_now));
  EXPECT_EQ(one.own_role(), role::follower);
}

// An operator may have any voter elected: the request counts as one that a transfer asked for.
TEST(campaign_at_once, takes_leadership_from_a_leader_that_lives) {
  test_group group(3);
  const int old_leader = group.elect();
  const int other = old_leader == 1 ? 2 : 1;
  const term_number before = group[other].core().term();
  ASSERT_TRUE(group[other].core().campaign());
  group.deliver_all();
  EXPECT_EQ(group.leader(), other);
  EXPECT_EQ(group[other].core().term(), term_number(before.value() + 1));
}

// Raft paper 5.4.1 holds for it as for any other candidate.
TEST(campaign_at_once, does_not_win_with_an_older_log) {
  test_group group(3);
  group.elect_this(1);
  group.isolate(3);
  ASSERT_TRUE(group[1].core().propose(records("a", 0)));
  group.deliver_all();
  group.heal();
  ASSERT_TRUE(group[3].core().campaign());
  group.deliver_all();
  EXPECT_NE(group.leader(), 3);
  EXPECT_NE(group.elect(), 3);
}

TEST(campaign_at_once, is_refused_by_a_leader_and_by_who_was_removed) {
  test_replica leader(replica(1), voters({1, 2, 3}));
  leader.become_leader();
  EXPECT_EQ(leader.core().campaign().error().code, error_code::refused);
  test_replica removed(replica(4), voters({1, 2, 3}));
  EXPECT_EQ(removed.core().campaign().error().code, error_code::refused);
  test_replica unborn(replica(1), configuration{});
  EXPECT_EQ(unborn.core().campaign().error().code, error_code::refused);
  EXPECT_EQ(removed.core().term(), term_number(0)) << "a refused campaign changes nothing";
}

TEST(campaign_at_once, is_refused_while_the_replica_is_in_doubt) {
  test_group group(3);
  for (int number = 1; number <= 3; ++number) group[number].be_relaxed();
  group.elect_this(1);
  ASSERT_TRUE(group[1].core().propose(records("a", 0)));
  group.deliver_all();
  group.isolate(2);
  group[2].lose_power();
  const term_number before = group[2].core().term();
  EXPECT_EQ(group[2].core().campaign().error().code, error_code::refused);
  EXPECT_EQ(group[2].core().term(), before);
}

}  // namespace
}  // namespace marquee::raft::testing
