#include <gtest/gtest.h>

#include "tests/raft_paper/test_group.h"

/// Thesis 9.6 (PreVote), 6.2 (CheckQuorum) and DESIGN D18: nobody replaces a leader that is alive, and a dead
/// one is replaced quickly.
namespace marquee::raft::testing {
namespace {

message pre_vote_request(const test_replica& to, int candidate, int term, int last_index, int last_term) {
  message m = to.from(candidate, message_type::pre_vote_request);
  m.term = term_number(term);
  m.index = log_index(last_index);
  m.index_term = term_number(last_term);
  m.context = 77;
  return m;
}

bool granted(test_replica& one, const message& request) {
  one.receive(request);
  const auto answers = one.take_sent(message_type::pre_vote_response);
  EXPECT_EQ(answers.size(), 1u);
  return !answers.empty() && !answers.front().rejected;
}

/// Follows broker 1 in term 3, with entries of terms 1, 2, 3.
test_replica follower_of_1() {
  return test_replica(replica(2), voters({1, 2, 3}), {term_number(3), std::nullopt},
                      log_with_terms({1, 2, 3}));
}

// Thesis 9.6: a pre-vote changes no term and no vote.
TEST(pre_vote, asking_changes_no_term_on_either_side) {
  test_replica asks = follower_of_1();
  ASSERT_TRUE(asks.pass_until(2000, [&] { return asks.own_role() == role::pre_candidate; }));
  EXPECT_EQ(asks.core().term(), term_number(3));
  const auto requests = asks.take_sent(message_type::pre_vote_request);
  ASSERT_EQ(requests.size(), 2u);
  EXPECT_EQ(requests[0].term, term_number(4));
  test_replica asked = follower_of_1();
  EXPECT_TRUE(granted(asked, pre_vote_request(asked, 3, 4, 3, 3)));
  EXPECT_EQ(asked.core().term(), term_number(3));
  EXPECT_EQ(asked.log().hard().voted_for, std::nullopt);
}

// Pitfall 4: a grant has the term that was asked for and the round, a refusal the own term.
TEST(pre_vote, grant_carries_the_term_that_was_asked_for) {
  test_replica one = follower_of_1();
  one.receive(pre_vote_request(one, 3, 9, 3, 3));
  auto answers = one.take_sent(message_type::pre_vote_response);
  ASSERT_EQ(answers.size(), 1u);
  EXPECT_EQ(answers[0].term, term_number(9));
  EXPECT_EQ(answers[0].context, 77u);
  one.receive(pre_vote_request(one, 3, 9, 1, 1));
  answers = one.take_sent(message_type::pre_vote_response);
  ASSERT_EQ(answers.size(), 1u);
  EXPECT_TRUE(answers[0].rejected);
  EXPECT_EQ(answers[0].term, term_number(3));
}

// Pitfall 6: liveness alone is no reason; a candidate that cannot win must not disturb.
TEST(pre_vote, refused_to_candidate_with_older_log) {
  test_replica one = follower_of_1();
  EXPECT_FALSE(granted(one, pre_vote_request(one, 3, 4, 2, 2)));
  EXPECT_FALSE(granted(one, pre_vote_request(one, 3, 4, 9, 2)));
}

// DESIGN D18.
TEST(pre_vote, refused_while_the_leader_is_heard_and_granted_after_its_silence) {
  test_replica one = follower_of_1();
  one.receive(one.from(1, message_type::heartbeat_request));
  (void)one.take_sent();
  one.pass(490);
  EXPECT_FALSE(granted(one, pre_vote_request(one, 3, 4, 3, 3)));
  one.pass(10);
  EXPECT_TRUE(granted(one, pre_vote_request(one, 3, 4, 3, 3)));
}

// DESIGN D18: its own connection counts, not what the candidate says.
TEST(pre_vote, granted_at_once_when_the_own_connection_to_the_leader_is_down) {
  test_replica one = follower_of_1();
  one.receive(one.from(1, message_type::heartbeat_request));
  (void)one.take_sent();
  one.core().peer_down(broker_id(3), peer_loss::reset);
  EXPECT_FALSE(granted(one, pre_vote_request(one, 3, 4, 3, 3))) << "another broker's connection";
  one.core().peer_down(broker_id(1), peer_loss::goodbye);
  EXPECT_TRUE(granted(one, pre_vote_request(one, 3, 4, 3, 3)));
  one.core().peer_up(broker_id(1));
  EXPECT_FALSE(granted(one, pre_vote_request(one, 3, 4, 3, 3))) << "it is back";
}

// DESIGN D18: real votes pass the same test, except after a transfer.
TEST(pre_vote, real_vote_passes_the_same_test_unless_the_leader_asked_for_it) {
  test_replica one = follower_of_1();
  one.receive(one.from(1, message_type::heartbeat_request));
  message request = pre_vote_request(one, 3, 4, 3, 3);
  request.type = message_type::vote_request;
  (void)one.take_sent();
  one.receive(request);
  EXPECT_TRUE(one.take_sent().empty());
  EXPECT_EQ(one.core().term(), term_number(3)) << "pitfall 12: its term does not spread either";
  request.transfer = true;
  one.receive(request);
  const auto answers = one.take_sent(message_type::vote_response);
  ASSERT_EQ(answers.size(), 1u);
  EXPECT_FALSE(answers[0].rejected);
}

// Pitfall 9: answers of an earlier round do not count in this one.
TEST(pre_vote, answer_of_an_earlier_round_does_not_count) {
  test_replica one = follower_of_1();
  ASSERT_TRUE(one.pass_until(2000, [&] { return one.own_role() == role::pre_candidate; }));
  const std::uint64_t first_round = one.take_sent(message_type::pre_vote_request).at(0).context;
  one.pass(1000);
  message late = one.from(1, message_type::pre_vote_response);
  late.term = term_number(4);
  late.context = first_round;
  one.receive(late);
  EXPECT_EQ(one.own_role(), role::pre_candidate);
  late.context = one.take_sent(message_type::pre_vote_request).back().context;
  one.receive(late);
  EXPECT_EQ(one.own_role(), role::candidate);
}

/// Both other voters refuse the round that this replica has just asked for.
void refuse_pre_votes(test_replica& one) {
  for (const message& request : one.take_sent(message_type::pre_vote_request)) {
    message refusal = one.from(request.to.broker.value(), message_type::pre_vote_response);
    refusal.context = request.context;
    refusal.rejected = true;
    one.receive(refusal);
  }
}

// The others may see the leader's silence a moment later; who only cannot hear it must not ask them for ever.
TEST(pre_vote, refused_one_asks_again_soon_but_not_for_ever) {
  test_replica one = follower_of_1();
  const auto stands = [&] { return one.own_role() == role::pre_candidate; };
  ASSERT_TRUE(one.pass_until(1000, stands));
  refuse_pre_votes(one);
  EXPECT_FALSE(one.pass_until(190, stands));
  EXPECT_TRUE(one.pass_until(220, stands));
  while (one.now_ms() < 2000) {
    refuse_pre_votes(one);
    ASSERT_TRUE(one.pass_until(1000, stands));
  }
  refuse_pre_votes(one);
  EXPECT_FALSE(one.pass_until(490, stands));
  EXPECT_TRUE(one.pass_until(520, stands));
}

// Who refuses because its own log is longer, and misses the leader too, does not wait for its own time-out.
TEST(pre_vote, one_with_the_longer_log_stands_instead_of_whom_it_refused) {
  test_replica asked = follower_of_1();
  test_replica waits = follower_of_1();
  asked.pass(500);
  waits.pass(500);
  ASSERT_EQ(asked.own_role(), role::follower);
  EXPECT_FALSE(granted(asked, pre_vote_request(asked, 3, 4, 2, 2)));
  EXPECT_TRUE(asked.pass_until(60, [&] { return asked.own_role() == role::pre_candidate; }));
  waits.pass(60);
  EXPECT_EQ(waits.own_role(), role::follower) << "its own time-out came first: the test shows nothing";
}

TEST(pre_vote, one_with_the_longer_log_does_not_stand_while_it_hears_the_leader) {
  test_replica one = follower_of_1();
  one.pass(490);
  EXPECT_FALSE(granted(one, pre_vote_request(one, 3, 4, 2, 2)));
  one.receive(one.from(1, message_type::heartbeat_request));
  EXPECT_FALSE(one.pass_until(490, [&] { return one.own_role() == role::pre_candidate; }));
}

// Pitfall 5: one side has the longer log, the other the higher term; still somebody leads.
TEST(pre_vote, long_log_with_low_term_and_short_log_with_high_term_find_a_leader) {
  std::map<int, std::unique_ptr<test_replica>> replicas;
  const auto add = [&](int number, int term, std::vector<entry> log) {
    replicas[number] = std::make_unique<test_replica>(
        replica(number), voters({1, 2, 3, 4}), hard_state{term_number(term), std::nullopt}, std::move(log));
  };
  add(1, 2, log_with_terms({1, 2, 2, 2}));
  add(2, 2, log_with_terms({1, 2, 2, 2}));
  add(3, 9, log_with_terms({1, 2}));
  add(4, 9, log_with_terms({1, 2}));
  test_group group(std::move(replicas));
  EXPECT_NE(group.elect(20'000), 0);
}

// Pitfall 8: a node that is ahead in term makes the leader step down once, and the group goes on.
TEST(pre_vote, node_with_a_higher_term_rejoins) {
  test_group group(3);
  const int leader = group.elect();
  const int other = leader % 3 + 1;
  message newer = group[other].from(leader, message_type::vote_response);
  newer.term = term_number(50);
  group[other].receive(newer);
  group.pass(3000);
  const int next = group.elect();
  ASSERT_NE(next, 0);
  EXPECT_GT(group[next].core().term(), term_number(50));
  EXPECT_EQ(group[other].core().leader(), replica(next));
}

// Pitfall 12: cut off, it asks for pre-votes for ever but never raises the term.
TEST(pre_vote, replica_that_was_cut_off_does_not_disturb_when_it_returns) {
  test_group group(3);
  const int leader = group.elect();
  const term_number term = group[leader].core().term();
  group.isolate(leader % 3 + 1);
  group.pass(20'000);
  group.heal();
  group.pass(2000);
  EXPECT_EQ(group.leader(), leader);
  EXPECT_EQ(group[leader].core().term(), term);
}

// Thesis 6.2: "a leader steps down if an election timeout elapses without a successful round of heartbeats to
// a majority".
TEST(check_quorum, leader_without_a_majority_steps_down_and_keeps_its_vote) {
  test_replica one(replica(1), voters({1, 2, 3}));
  one.become_leader();
  const hard_state before = one.log().hard();
  one.pass(1000);
  EXPECT_EQ(one.own_role(), role::leader);
  one.pass(20);
  EXPECT_NE(one.own_role(), role::leader);
  EXPECT_EQ(one.log().hard(), before) << "pitfall 1";
}

TEST(check_quorum, leader_that_hears_from_a_majority_stays_and_grants_no_pre_vote) {
  test_replica one(replica(1), voters({1, 2, 3}));
  one.become_leader();
  for (int i = 0; i < 50; ++i) {
    one.pass(100);
    one.receive(one.from(2, message_type::heartbeat_response));
  }
  EXPECT_EQ(one.own_role(), role::leader);
  EXPECT_FALSE(granted(one, pre_vote_request(one, 3, 9, 99, 9)));
}

// Pitfall 7: who led before may stand again.
TEST(check_quorum, former_leader_stands_again) {
  test_replica one(replica(1), voters({1, 2, 3}));
  one.become_leader();
  EXPECT_TRUE(one.pass_until(3000, [&] { return one.own_role() == role::pre_candidate; }));
  EXPECT_TRUE(granted(one, pre_vote_request(one, 3, 9, 99, 9))) << "it does not take itself for the leader";
}

// DESIGN D18: rank x 10 ms plus jitter; the leader has no rank.
TEST(failover, lost_connection_to_the_leader_lets_replicas_stand_in_the_order_of_their_rank) {
  for (const auto& [number, rank] : {std::pair{2, 0}, {3, 1}, {4, 2}, {5, 3}}) {
    test_replica one(replica(number), voters({1, 2, 3, 4, 5}));
    one.receive(one.from(1, message_type::heartbeat_request));
    const std::int64_t lost_at_ms = one.now_ms();
    one.core().peer_down(broker_id(1), peer_loss::reset);
    ASSERT_TRUE(one.pass_until(200, [&] { return one.own_role() == role::pre_candidate; }));
    EXPECT_GE(one.now_ms() - lost_at_ms, rank * 10);
    EXPECT_LE(one.now_ms() - lost_at_ms, rank * 10 + 20);
  }
}

TEST(failover, planned_close_and_loss_of_another_broker_are_no_hint) {
  test_replica one(replica(2), voters({1, 2, 3}));
  one.receive(one.from(1, message_type::heartbeat_request));
  one.core().peer_down(broker_id(1), peer_loss::goodbye);
  one.core().peer_down(broker_id(3), peer_loss::reset);
  one.pass(490);
  EXPECT_EQ(one.own_role(), role::follower);
}

// What the dead leader had sent before may be handled after the loss was seen.
TEST(failover, late_message_of_the_lost_leader_does_not_call_the_election_off) {
  test_replica one(replica(3), voters({1, 2, 3}));
  one.receive(one.from(1, message_type::heartbeat_request));
  one.core().peer_down(broker_id(1), peer_loss::reset);
  one.receive(one.from(1, message_type::heartbeat_request));
  EXPECT_TRUE(one.pass_until(50, [&] { return one.own_role() == role::pre_candidate; }));
}

TEST(failover, killed_leader_is_replaced_within_100_ms) {
  for (const int size : {3, 5}) {
    for (std::uint64_t seed = 1; seed <= 30; ++seed) {
      node_options options;
      options.seed = seed;
      test_group group(size, options);
      const int leader = group.elect();
      group.isolate(leader);
      for (int number = 1; number <= size; ++number)
        if (number != leader) group[number].core().peer_down(broker_id(leader), peer_loss::reset);
      group.pass(100);
      const int next = group.leader();
      EXPECT_NE(next, leader) << "seed " << seed;
      EXPECT_GT(group[next].core().term(), group[leader].core().term()) << "seed " << seed;
    }
  }
}

// Two that stand in the same moment would split the votes.
TEST(failover, of_two_that_stand_at_once_the_lower_rank_goes_on_unless_the_others_log_is_ahead) {
  const auto answer_of = [](int asked, int asking, int last_index) {
    test_replica one(replica(asked), voters({1, 2, 3}), {term_number(3), std::nullopt},
                     log_with_terms({1, 2, 3}));
    one.receive(one.from(1, message_type::heartbeat_request));
    one.core().peer_down(broker_id(1), peer_loss::reset);
    EXPECT_TRUE(one.pass_until(100, [&] { return one.own_role() == role::pre_candidate; }));
    (void)one.take_sent();
    const bool is_granted = granted(one, pre_vote_request(one, asking, 4, last_index, 3));
    EXPECT_EQ(one.own_role(), is_granted ? role::follower : role::pre_candidate);
    return is_granted;
  };
  EXPECT_FALSE(answer_of(2, 3, 3));
  EXPECT_TRUE(answer_of(3, 2, 3));
  EXPECT_TRUE(answer_of(2, 3, 4));
  EXPECT_FALSE(answer_of(3, 2, 2));
}

// Pitfall 9 and Raft paper 5.2: several candidates at once split the votes; the random time-outs end that.
TEST(failover, replicas_that_stand_at_the_same_moment_still_elect_one) {
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    node_options options;
    options.seed = seed;
    options.failover_step_ms = 1;  // no distance between the ranks
    test_group group(5, options);
    const int leader = group.elect();
    group.isolate(leader);
    for (int number = 1; number <= 5; ++number)
      if (number != leader) group[number].core().peer_down(broker_id(leader), peer_loss::reset);
    group.pass(3000);
    EXPECT_NE(group.leader(), leader) << "seed " << seed;
  }
}

// The others may see the loss some milliseconds later, and refuse the first try.
TEST(failover, first_try_that_comes_too_early_is_repeated_soon) {
  test_group group(3);
  const int leader = group.elect();
  const int first = leader % 3 + 1;
  const int second = first % 3 + 1;
  group.isolate(leader);
  group[first].core().peer_down(broker_id(leader), peer_loss::reset);
  group.pass(30);
  group[second].core().peer_down(broker_id(leader), peer_loss::goodbye);
  group.pass(150);
  EXPECT_EQ(group.leader(), first);
}

TEST(failover, broken_connection_to_a_leader_that_lives_changes_nothing) {
  test_group group(3);
  const int leader = group.elect();
  const term_number term = group[leader].core().term();
  group[leader % 3 + 1].core().peer_down(broker_id(leader), peer_loss::reset);
  group.pass(100);
  group[leader % 3 + 1].core().peer_up(broker_id(leader));
  group.pass(3000);
  EXPECT_EQ(group.leader(), leader);
  EXPECT_EQ(group[leader].core().term(), term);
}

// Pitfall 13: a process that stood still has not proven that the leader is silent.
TEST(failover, own_pause_is_not_the_leaders_silence) {
  test_replica one(replica(2), voters({1, 2, 3}));
  one.receive(one.from(1, message_type::heartbeat_request));
  const std::int64_t awake_since_ms = one.now_ms() + 60'000;
  one.core().tick(awake_since_ms, awake_since_ms);
  one.handle_work();
  EXPECT_EQ(one.own_role(), role::follower);
  // Two heartbeats later its silence is proven.
  one.core().tick(awake_since_ms + 200, awake_since_ms);
  one.handle_work();
  EXPECT_EQ(one.own_role(), role::pre_candidate);
}

}  // namespace
}  // namespace marquee::raft::testing
