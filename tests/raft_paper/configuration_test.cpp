#include <gtest/gtest.h>

#include "raft/core/entry_codec.h"
#include "tests/raft_paper/test_group.h"

/// Raft paper 6 and thesis 4: who counts, and from when on.
namespace marquee::raft::testing {
namespace {

proposal change_to(const configuration& members) {
  proposal wanted;
  wanted.type = entry_type::configuration;
  wanted.head = shared_bytes::of(encode_configuration(members));
  return wanted;
}

configuration joint(std::initializer_list<int> incoming, std::initializer_list<int> outgoing) {
  configuration members = voters(incoming);
  members.outgoing_voters = voters(outgoing).voters;
  return members;
}

message ack(const test_replica& to, int sender, std::int64_t index) {
  message m = to.from(sender, message_type::append_response);
  m.index = log_index(index);
  return m;
}

void grant_pre_votes(test_replica& one) {
  for (const message& request : one.take_sent(message_type::pre_vote_request)) {
    message grant = one.from(request.to.broker.value(), message_type::pre_vote_response);
    grant.term = request.term;
    grant.context = request.context;
    one.receive(grant);
  }
}

// Raft paper 6: "elections and entry commitment require separate majorities from both".
TEST(joint_configuration, election_needs_a_majority_of_both_lists) {
  const auto leads_with_votes_of = [](std::initializer_list<int> granting) {
    test_replica one(replica(1), joint({1, 2, 3}, {1, 4, 5}), {term_number(1), std::nullopt},
                     log_with_terms({1}));
    EXPECT_TRUE(one.pass_until(2000, [&] { return one.own_role() == role::pre_candidate; }));
    grant_pre_votes(one);
    EXPECT_EQ(one.take_sent(message_type::vote_request).size(), 4u);
    for (const int voter : granting) one.receive(one.from(voter, message_type::vote_response));
    return one.own_role() == role::leader;
  };
  EXPECT_FALSE(leads_with_votes_of({2, 3}));
  EXPECT_FALSE(leads_with_votes_of({4, 5}));
  EXPECT_TRUE(leads_with_votes_of({2, 5}));
}

TEST(joint_configuration, commit_needs_a_majority_of_both_lists) {
  test_replica one(replica(1), joint({1, 2, 3}, {1, 4, 5}), {term_number(1), std::nullopt},
                   log_with_terms({1}));
  one.become_leader();
  one.receive(ack(one, 2, 2));
  one.receive(ack(one, 3, 2));
  EXPECT_EQ(one.core().commit_index(), log_index(0));
  one.receive(ack(one, 4, 2));
  EXPECT_EQ(one.core().commit_index(), log_index(2));
}

// Raft paper 6: "a server always uses the latest configuration in its log, regardless of whether the entry is
// committed".
TEST(configuration_entry, counts_as_soon_as_it_is_in_the_log) {
  test_replica one(replica(1), voters({1, 2, 3}));
  one.become_leader();
  one.receive(ack(one, 2, 1));
  ASSERT_TRUE(one.core().propose(change_to(joint({1, 2, 4}, {1, 2, 3}))));
  EXPECT_EQ(one.core().status().members, joint({1, 2, 4}, {1, 2, 3}));
  bool new_member_is_sent_to = false;
  for (const message& m : one.take_sent(message_type::append_request))
    new_member_is_sent_to = new_member_is_sent_to || m.to == replica(4);
  EXPECT_TRUE(new_member_is_sent_to);

  test_replica two(replica(2), voters({1, 2, 3}), {term_number(1), std::nullopt});
  message append = two.from(1, message_type::append_request);
  entry e;
  e.term = term_number(1);
  e.index = log_index(1);
  e.type = entry_type::configuration;
  e.head = shared_bytes::of(encode_configuration(voters({1, 2, 4})));
  seal_entry(e);
  append.entries = {e};
  two.receive(append);
  EXPECT_EQ(two.core().status().members, voters({1, 2, 4}));
}

// Raft paper 6 and thesis 4.1: "a server must fall back to the previous configuration" when it is truncated.
TEST(configuration_entry, counts_no_longer_when_it_is_truncated) {
  test_replica one(replica(2), voters({1, 2, 3}), {term_number(1), std::nullopt});
  entry e;
  e.term = term_number(1);
  e.index = log_index(1);
  e.type = entry_type::configuration;
  e.head = shared_bytes::of(encode_configuration(voters({2, 4})));
  seal_entry(e);
  message append = one.from(1, message_type::append_request);
  append.entries = {e};
  one.receive(append);
  ASSERT_EQ(one.core().status().members, voters({2, 4}));
  e.term = term_number(2);
  e.type = entry_type::no_op;
  e.head = {};
  seal_entry(e);
  message other = one.from(3, message_type::append_request);
  other.term = term_number(2);
  other.entries = {e};
  one.receive(other);
  EXPECT_EQ(one.core().status().members, voters({1, 2, 3}));
}

// DESIGN D9: a replica that was told to join later takes part once the log makes it a voter.
TEST(configuration_entry, makes_a_voter_of_a_replica_without_configuration) {
  test_replica one(replica(4), configuration{});
  one.pass(3000);
  ASSERT_EQ(one.own_role(), role::follower);
  entry e;
  e.term = term_number(1);
  e.index = log_index(1);
  e.type = entry_type::configuration;
  e.head = shared_bytes::of(encode_configuration(voters({1, 4})));
  seal_entry(e);
  message append = one.from(1, message_type::append_request);
  append.term = term_number(1);
  append.entries = {e};
  one.receive(append);
  EXPECT_TRUE(one.pass_until(2000, [&] { return one.own_role() == role::pre_candidate; }));
}

TEST(configuration_entry, above_the_commit_index_is_found_at_start) {
  std::vector<entry> log = log_with_terms({1, 1});
  log[1].type = entry_type::configuration;
  log[1].record_count = 0;
  log[1].head = shared_bytes::of(encode_configuration(voters({1, 2, 5})));
  seal_entry(log[1]);
  test_replica one(replica(1), voters({1, 2, 3}), {term_number(1), std::nullopt}, log, log_index(1));
  EXPECT_EQ(one.core().status().members, voters({1, 2, 5}));
}

// Pitfall 47: the bug of single-server changes.
TEST(configuration_entry, is_not_accepted_before_the_first_entry_of_the_term_is_committed) {
  test_replica one(replica(1), voters({1, 2, 3}));
  one.become_leader();
  EXPECT_EQ(one.core().propose(change_to(voters({1, 2}))).error().code, error_code::unavailable);
  one.receive(ack(one, 2, 1));
  ASSERT_TRUE(one.core().propose(change_to(voters({1, 2}))));
  EXPECT_EQ(one.core().propose(change_to(voters({1}))).error().code, error_code::unavailable)
      << "one change at a time";
  EXPECT_EQ(one.core().propose(change_to(configuration{})).error().code, error_code::invalid_argument);
}

// Thesis 4.2.1: learners (non-voting members) get the log but do not count.
TEST(learner, gets_entries_and_does_not_count) {
  configuration members = voters({1, 2, 3});
  members.learners = {replica(4), replica(5)};
  test_replica one(replica(1), members);
  one.become_leader();
  one.receive(ack(one, 4, 1));
  one.receive(ack(one, 5, 1));
  EXPECT_EQ(one.core().commit_index(), log_index(0));
  ASSERT_TRUE(one.core().propose(records("a", 0)));
  bool sent_to_learner = false;
  for (const message& m : one.take_sent(message_type::append_request))
    sent_to_learner = sent_to_learner || (m.to == replica(4) && m.entries.size() == 1);
  EXPECT_TRUE(sent_to_learner);
}

TEST(removed_replica, is_sent_nothing_more) {
  test_replica one(replica(1), voters({1, 2, 3}));
  one.become_leader();
  one.receive(ack(one, 2, 1));
  ASSERT_TRUE(one.core().propose(change_to(voters({1, 2}))));
  (void)one.take_sent();
  one.pass(200);
  for (const message& m : one.take_sent()) EXPECT_NE(m.to, replica(3));
}

// Pitfalls 41 and 43, DESIGN D8: another incarnation of a voter's broker.
TEST(incarnation, answers_of_a_replaced_disk_do_not_count) {
  test_replica one(replica(1), voters({1, 2, 3}));
  one.become_leader();
  message m = ack(one, 2, 1);
  m.from = replica(2, 7);
  one.receive(m);
  EXPECT_EQ(one.core().commit_index(), log_index(0));
}

TEST(incarnation, message_for_another_incarnation_is_ignored) {
  test_replica one(replica(2), voters({1, 2, 3}));
  message m = one.from(1, message_type::vote_request);
  m.term = term_number(3);
  m.to = replica(2, 7);
  one.receive(m);
  EXPECT_EQ(one.core().term(), term_number(0));
}

// Its log proves that it knows a configuration that this replica has not got yet (thesis 4.1).
TEST(incarnation, replaced_disk_is_heard_only_if_its_log_is_ahead) {
  const auto answers = [](int last_index) {
    test_replica one(replica(2), voters({1, 2, 3}), {term_number(1), std::nullopt}, log_with_terms({1, 1}));
    message m = one.from(3, message_type::vote_request);
    m.from = replica(3, 7);
    m.term = term_number(3);
    m.index = log_index(last_index);
    m.index_term = term_number(1);
    one.receive(m);
    return one.take_sent(message_type::vote_response).size();
  };
  EXPECT_EQ(answers(2), 0u);
  EXPECT_EQ(answers(3), 1u);
}

}  // namespace
}  // namespace marquee::raft::testing
