#include <gtest/gtest.h>

#include <set>

#include "tests/raft_paper/test_group.h"

/// Raft paper 5.2 and 5.4.1: who gets votes, and when.
namespace marquee::raft::testing {
namespace {

message vote_request(const test_replica& to, int candidate, int term, int last_index, int last_term) {
  message m = to.from(candidate, message_type::vote_request);
  m.term = term_number(term);
  m.index = log_index(last_index);
  m.index_term = term_number(last_term);
  return m;
}

/// The only answer of that type since the last look.
message answer(test_replica& one, message_type type) {
  const auto answers = one.take_sent(type);
  EXPECT_EQ(answers.size(), 1u);
  return answers.empty() ? message{} : answers.front();
}

bool granted_vote(test_replica& one, const message& request) {
  one.receive(request);
  return !answer(one, message_type::vote_response).rejected;
}

// Raft paper 5.2: "when servers start up, they begin as followers".
TEST(election, replica_starts_as_follower) {
  test_replica one(replica(2), voters({1, 2, 3}), {term_number(4), std::nullopt}, log_with_terms({4}));
  EXPECT_EQ(one.own_role(), role::follower);
  EXPECT_EQ(one.core().term(), term_number(4));
  EXPECT_TRUE(one.take_sent().empty());
}

// Raft paper 5.2: "a candidate wins an election if it receives votes from a majority".
TEST(election, a_group_of_any_size_elects_one_leader) {
  for (const int size : {1, 2, 3, 4, 5, 7}) {
    test_group group(size);
    EXPECT_NE(group.elect(), 0) << size;
    int leaders = 0;
    for (int number = 1; number <= size; ++number) leaders += group[number].core().is_leader() ? 1 : 0;
    EXPECT_EQ(leaders, 1) << size;
  }
}

// Raft paper 5.2: a follower that hears nothing over the election time-out begins an election; the time-out
// is random, so that split votes are rare.
TEST(election, follower_stands_after_a_random_time_out_between_least_and_most) {
  std::set<std::int64_t> waits;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    node_options options;
    options.seed = seed;
    test_replica one(replica(2), voters({1, 2, 3}), {}, {}, log_index(0), options);
    ASSERT_TRUE(one.pass_until(1000, [&] { return one.own_role() == role::pre_candidate; }));
    EXPECT_GE(one.now_ms(), 500);
    waits.insert(one.now_ms());
  }
  EXPECT_GT(waits.size(), 10u);
}

// Raft paper 5.2: "increments its current term", "votes for itself".
TEST(election, candidate_raises_its_term_and_votes_for_itself) {
  test_replica one(replica(2), voters({1, 2, 3}), {term_number(4), std::nullopt}, log_with_terms({2, 4}));
  one.become_leader();
  EXPECT_EQ(one.log().hard(), (hard_state{term_number(5), replica(2)}));
}

// Pitfalls 2 and 3: no request leaves before the own vote is durable.
TEST(election, candidate_asks_for_votes_only_when_its_own_is_durable) {
  test_replica one(replica(2), voters({1, 2, 3}));
  ASSERT_TRUE(one.pass_until(2000, [&] { return one.own_role() == role::pre_candidate; }));
  one.disk_is_stuck = true;
  message grant = one.from(1, message_type::pre_vote_response);
  grant.term = term_number(1);
  grant.context = one.take_sent(message_type::pre_vote_request).at(0).context;
  one.receive(grant);
  EXPECT_EQ(one.own_role(), role::candidate);
  EXPECT_TRUE(one.take_sent(message_type::vote_request).empty());
  one.sync();
  const auto requests = one.take_sent(message_type::vote_request);
  ASSERT_EQ(requests.size(), 2u);
  EXPECT_EQ(requests[0].term, term_number(1));
}

// Pitfall 2: a vote is answered when it is durable, and survives a crash.
TEST(election, vote_is_answered_when_it_is_durable_and_remembered_after_a_crash) {
  test_replica one(replica(2), voters({1, 2, 3}));
  one.disk_is_stuck = true;
  one.receive(vote_request(one, 1, 1, 0, 0));
  EXPECT_TRUE(one.take_sent(message_type::vote_response).empty());
  one.sync();
  EXPECT_FALSE(answer(one, message_type::vote_response).rejected);
  one.disk_is_stuck = false;
  one.restart();
  EXPECT_FALSE(granted_vote(one, vote_request(one, 3, 1, 9, 1)));
  EXPECT_TRUE(granted_vote(one, vote_request(one, 1, 1, 0, 0)));
}

// Raft paper 5.2: "each server will vote for at most one candidate in a given term".
TEST(election, voter_votes_once_per_term_but_repeats_its_answer) {
  test_replica one(replica(2), voters({1, 2, 3}));
  EXPECT_TRUE(granted_vote(one, vote_request(one, 1, 1, 0, 0)));
  EXPECT_FALSE(granted_vote(one, vote_request(one, 3, 1, 0, 0)));
  EXPECT_TRUE(granted_vote(one, vote_request(one, 1, 1, 0, 0)));
  EXPECT_TRUE(granted_vote(one, vote_request(one, 3, 2, 0, 0)));
}

// Raft paper 5.4.1: "the voter denies its vote if its own log is more up-to-date than that of the candidate".
TEST(election, refuses_vote_to_candidate_with_older_log) {
  const auto try_log = [](int last_index, int last_term) {
    test_replica one(replica(2), voters({1, 2, 3}), {term_number(3), std::nullopt},
                     log_with_terms({1, 2, 2}));
    return granted_vote(one, vote_request(one, 1, 4, last_index, last_term));
  };
  EXPECT_FALSE(try_log(2, 2)) << "shorter";
  EXPECT_FALSE(try_log(9, 1)) << "longer, but of an older term";
  EXPECT_TRUE(try_log(3, 2)) << "equal";
  EXPECT_TRUE(try_log(4, 2)) << "longer";
  EXPECT_TRUE(try_log(1, 3)) << "shorter, but of a newer term";
}

// Pitfall 1: stepping down inside a term does not give the vote back.
TEST(election, candidate_that_steps_down_in_the_same_term_keeps_its_vote) {
  test_replica one(replica(2), voters({1, 2, 3}));
  ASSERT_TRUE(one.pass_until(2000, [&] { return one.own_role() == role::pre_candidate; }));
  message grant = one.from(1, message_type::pre_vote_response);
  grant.term = term_number(1);
  grant.context = one.take_sent(message_type::pre_vote_request).at(0).context;
  one.receive(grant);
  ASSERT_EQ(one.own_role(), role::candidate);
  // Raft paper 5.2: it hears from a leader of its own term, and recognizes it.
  one.receive(one.from(3, message_type::heartbeat_request));
  EXPECT_EQ(one.own_role(), role::follower);
  EXPECT_EQ(one.core().leader(), replica(3));
  EXPECT_FALSE(granted_vote(one, vote_request(one, 1, 1, 0, 0)));
  EXPECT_EQ(one.log().hard(), (hard_state{term_number(1), replica(2)}));
}

// Raft paper 5.1: "if a candidate or leader discovers that its term is out of date, it immediately reverts to
// follower state".
TEST(election, leader_that_meets_a_newer_term_becomes_follower) {
  for (const auto type : {message_type::append_response, message_type::heartbeat_response,
                          message_type::vote_response, message_type::append_request}) {
    test_replica one(replica(1), voters({1, 2, 3}));
    one.become_leader();
    message newer = one.from(2, type);
    newer.term = term_number(7);
    newer.rejected = type != message_type::append_request;
    one.receive(newer);
    EXPECT_EQ(one.own_role(), role::follower);
    EXPECT_EQ(one.core().term(), term_number(7));
  }
}

// Raft paper 5.1: "if a server receives a request with a stale term number, it rejects the request"; pitfall
// 5: its answer spreads the newer term.
TEST(election, request_of_an_older_term_is_answered_with_the_newer_one) {
  for (const auto type :
       {message_type::vote_request, message_type::append_request, message_type::heartbeat_request}) {
    test_replica one(replica(2), voters({1, 2, 3}), {term_number(5), std::nullopt}, log_with_terms({5}));
    message old = one.from(1, type);
    old.term = term_number(4);
    one.receive(old);
    const auto sent = one.take_sent();
    ASSERT_EQ(sent.size(), 1u);
    EXPECT_TRUE(sent[0].rejected);
    EXPECT_EQ(sent[0].term, term_number(5));
    EXPECT_EQ(one.core().leader(), std::nullopt);
  }
}

// Pitfall 10: one voter is one vote, however often its answer arrives.
TEST(election, repeated_vote_is_counted_once) {
  test_replica one(replica(1), voters({1, 2, 3, 4, 5}));
  one.handle_work();
  for (const message& request : one.take_sent(message_type::pre_vote_request)) {
    message grant = one.from(request.to.broker.value(), message_type::pre_vote_response);
    grant.term = request.term;
    grant.context = request.context;
    one.receive(grant);
  }
  ASSERT_EQ(one.own_role(), role::candidate);
  for (int i = 0; i < 5; ++i) one.receive(one.from(2, message_type::vote_response));
  EXPECT_EQ(one.own_role(), role::candidate);
  one.receive(one.from(3, message_type::vote_response));
  EXPECT_EQ(one.own_role(), role::leader);
}

// Pitfall 19: an answer from an earlier term is no vote in this one.
TEST(election, vote_of_an_earlier_term_is_not_counted) {
  test_replica one(replica(2), voters({1, 2, 3}), {term_number(4), std::nullopt}, log_with_terms({4}));
  ASSERT_TRUE(one.pass_until(2000, [&] { return one.own_role() == role::pre_candidate; }));
  message grant = one.from(1, message_type::pre_vote_response);
  grant.term = term_number(5);
  grant.context = one.take_sent(message_type::pre_vote_request).at(0).context;
  one.receive(grant);
  ASSERT_EQ(one.own_role(), role::candidate);
  message old_vote = one.from(1, message_type::vote_response);
  old_vote.term = term_number(4);
  one.receive(old_vote);
  EXPECT_EQ(one.own_role(), role::candidate);
}

// Pitfall 11: a second leader in one term means that a vote was forgotten; going on would lose data.
TEST(election_death, second_leader_in_one_term_stops_the_process) {
  test_replica one(replica(2), voters({1, 2, 3}));
  one.receive(one.from(1, message_type::heartbeat_request));
  EXPECT_DEATH(one.receive(one.from(3, message_type::heartbeat_request)), "two leaders in one term");
}

// DESIGN D9: what has no configuration takes no part in elections.
TEST(election, replica_without_configuration_neither_campaigns_nor_votes) {
  test_replica one(replica(2), configuration{});
  one.pass(5000);
  EXPECT_EQ(one.own_role(), role::follower);
  one.receive(vote_request(one, 1, 1, 9, 1));
  message pre_vote = vote_request(one, 1, 1, 9, 1);
  pre_vote.type = message_type::pre_vote_request;
  one.receive(pre_vote);
  EXPECT_TRUE(one.take_sent().empty());
}

// Pitfall 52: a learner may have been made a voter without knowing it yet; whoever asks it knows.
TEST(election, learner_does_not_campaign_but_answers_who_asks_for_its_vote) {
  configuration members = voters({1, 3});
  members.learners = {replica(2)};
  test_replica one(replica(2), members);
  one.pass(5000);
  EXPECT_TRUE(one.take_sent().empty());
  EXPECT_TRUE(granted_vote(one, vote_request(one, 1, 1, 0, 0)));
}

// DESIGN D18: an election need not be waited for in a group that nobody has led yet.
TEST(election, first_voter_of_a_new_group_stands_at_once) {
  test_replica first(replica(1), voters({1, 2, 3}));
  EXPECT_EQ(first.take_sent(message_type::pre_vote_request).size(), 2u);
  test_replica second(replica(2), voters({1, 2, 3}));
  EXPECT_TRUE(second.take_sent().empty());
  // The others may create the group a moment later: it asks again soon.
  first.pass(100);
  EXPECT_EQ(first.take_sent(message_type::pre_vote_request).size(), 2u);
}

// Pitfall 41 and DESIGN D8: a wiped disk is another replica.
TEST(election, vote_of_another_incarnation_does_not_count) {
  test_replica one(replica(1), voters({1, 2, 3}));
  message wiped = one.from(2, message_type::pre_vote_response);
  wiped.from = replica(2, 99);
  wiped.term = term_number(1);
  wiped.context = 1;
  one.receive(wiped);
  EXPECT_EQ(one.own_role(), role::pre_candidate);
}

}  // namespace
}  // namespace marquee::raft::testing
