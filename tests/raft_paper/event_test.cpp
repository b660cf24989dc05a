#include <gtest/gtest.h>

#include "tests/raft_paper/test_group.h"

/// What a node tells people of.
namespace marquee::raft::testing {
namespace {

using events = std::vector<std::string>;

TEST(node_events, tell_of_an_election_from_both_sides) {
  test_group group(3);
  group.isolate(3);
  group.elect_this(1);
  (void)group[1].take_events();
  (void)group[2].take_events();
  ASSERT_TRUE(group[2].core().campaign());
  group.deliver_all();
  EXPECT_EQ(group[2].take_events(),
            (events{"election_started 2: an operator wants it to lead", "leader_elected 2"}));
  EXPECT_EQ(group[1].take_events(), (events{"stepped_down 2: another replica began term 2",
                                            "vote_granted 2 2", "leader_followed 2 2"}));
}

TEST(node_events, tell_why_a_vote_was_refused_and_tell_it_once) {
  test_replica one(replica(1), voters({1, 2, 3}));
  one.receive(one.from(2, message_type::heartbeat_request));
  (void)one.take_events();
  message request = one.from(3, message_type::pre_vote_request);
  request.term = term_number(one.core().term().value() + 1);
  one.receive(request);
  EXPECT_EQ(one.take_events(), (events{"pre vote_refused 1 3: the leader is alive"}));
  one.receive(request);
  EXPECT_EQ(one.take_events(), events{});
}

TEST(node_events, tell_why_a_leader_stepped_down) {
  test_replica alone(replica(1), voters({1, 2, 3}));
  alone.become_leader();
  (void)alone.take_events();
  alone.pass(1100);
  const events told = alone.take_events();
  ASSERT_FALSE(told.empty());
  EXPECT_EQ(told.front(), "stepped_down 1: it heard from no majority for 1000 ms");
}

TEST(node_events, tell_of_a_transfer) {
  test_replica one(replica(1), voters({1, 2, 3}));
  one.become_leader();
  (void)one.take_events();
  ASSERT_TRUE(one.core().transfer_leadership(replica(2)));
  one.pass(10);
  EXPECT_EQ(one.take_events(), (events{"transfer_started 1 2"}));
  message request = one.from(2, message_type::vote_request);
  request.term = term_number(2);
  request.index = one.log().last_index();
  request.index_term = term_number(1);
  request.transfer = true;
  one.receive(request);
  EXPECT_EQ(one.take_events(),
            (events{"stepped_down 2: leadership is handed over to replica 2.1", "vote_granted 2 2"}));
}

TEST(node_events, of_a_group_without_quorum_do_not_repeat_themselves) {
  test_replica alone(replica(1), voters({1, 2, 3}));
  alone.pass(20'000);
  EXPECT_EQ(alone.take_events().size(), 1U);
}

}  // namespace
}  // namespace marquee::raft::testing
