#include <gtest/gtest.h>

#include "tests/raft_paper/test_group.h"

/// DESIGN D4: replicas that may have lost what they acknowledged, because power went before a sync.
namespace marquee::raft::testing {
namespace {

class doubt : public ::testing::Test {
 protected:
  doubt() : group(3) {
    for (int number = 1; number <= 3; ++number) group[number].be_relaxed();
  }
  /// `count` entries with a record each, committed everywhere.
  void lead_and_write(int number, int count) {
    group.elect_this(number);
    for (int i = 0; i < count; ++i) {
      ASSERT_TRUE(group[number].core().propose(records("r", next_offset++)));
      group.deliver_all();
    }
    group.pass(300);
  }
  void expect_whole(int number) {
    EXPECT_FALSE(group[number].core().in_doubt());
    EXPECT_FALSE(group[number].log().doubt().open) << "it has to be remembered";
    EXPECT_EQ(group[number].log().last_index(), group[group.leader()].log().last_index());
  }

  test_group group;
  std::int64_t next_offset = 0;
};

/// One of three, for tests that speak to it message by message. It lost its third and last entry.
class replica_in_doubt {
 public:
  replica_in_doubt() {
    one.be_relaxed();
    message append = one.from(2, message_type::append_request);
    append.term = term_number(2);
    append.index = log_index(2);
    append.index_term = term_number(2);
    for (entry e : log_with_terms({2, 2, 2}))
      if (e.index == log_index(3)) append.entries.push_back(e);
    one.receive(append);
    one.lose_power();
    (void)one.take_sent();
  }
  message append(int index, int until, std::uint64_t losses) {
    message m = one.from(2, message_type::append_request);
    m.index = log_index(index);
    m.index_term = term_number(2);
    m.in_doubt = true;
    m.context = losses;
    m.hint_index = log_index(until);
    return m;
  }
  test_replica one{replica(1), voters({1, 2, 3}), {term_number(2), replica(2)}, log_with_terms({2, 2})};
};

TEST(replica_that_lost_power, says_in_every_answer_that_it_is_in_doubt) {
  replica_in_doubt doubtful;
  test_replica& one = doubtful.one;
  EXPECT_EQ(one.terms(), (std::vector<int>{2, 2}));
  message request = one.from(2, message_type::vote_request);
  request.term = term_number(3);
  request.index = log_index(9);
  request.index_term = term_number(2);
  request.transfer = true;
  one.receive(request);
  const std::vector<message> votes = one.take_sent(message_type::vote_response);
  ASSERT_EQ(votes.size(), 1u);
  EXPECT_FALSE(votes[0].rejected);
  EXPECT_TRUE(votes[0].in_doubt);
  EXPECT_EQ(one.log().hard().voted_for, replica(2))
      << "one vote in a term, doubt or not, and never forgotten";

  message rejected = one.from(2, message_type::append_request);
  rejected.index = log_index(3);
  rejected.index_term = term_number(2);
  one.receive(rejected);
  const std::vector<message> answers = one.take_sent(message_type::append_response);
  ASSERT_EQ(answers.size(), 1u);
  EXPECT_TRUE(answers[0].rejected);
  EXPECT_TRUE(answers[0].in_doubt);
  EXPECT_EQ(answers[0].context, 1u);

  one.receive(one.from(2, message_type::heartbeat_request));
  const std::vector<message> beats = one.take_sent(message_type::heartbeat_response);
  ASSERT_EQ(beats.size(), 1u);
  EXPECT_TRUE(beats[0].in_doubt);
}

TEST(replica_that_lost_power, is_whole_when_it_holds_what_the_leader_that_knows_of_the_loss_asks_for) {
  replica_in_doubt doubtful;
  test_replica& one = doubtful.one;
  one.receive(doubtful.append(2, 3, 1));
  EXPECT_TRUE(one.core().in_doubt()) << "entry 3 is missing";
  one.receive(doubtful.append(2, 2, 0));
  EXPECT_TRUE(one.core().in_doubt()) << "that was said before the loss";
  message ordinary = doubtful.append(2, 2, 1);
  ordinary.in_doubt = false;
  one.receive(ordinary);
  EXPECT_TRUE(one.core().in_doubt()) << "the leader does not know of the loss";
  (void)one.take_sent();
  one.receive(doubtful.append(2, 2, 1));
  EXPECT_FALSE(one.core().in_doubt());
  const std::vector<message> answers = one.take_sent(message_type::append_response);
  ASSERT_EQ(answers.size(), 1u);
  EXPECT_FALSE(answers[0].in_doubt);
  EXPECT_EQ(answers[0].context, 1u) << "so that what it said before the loss can be told apart";
  one.restart();
  EXPECT_FALSE(one.core().in_doubt());
}

TEST(replica_that_lost_power, does_not_take_over_when_it_is_asked_to) {
  replica_in_doubt doubtful;
  test_replica& one = doubtful.one;
  one.receive(one.from(2, message_type::heartbeat_request));
  one.receive(one.from(2, message_type::timeout_now));
  EXPECT_EQ(one.own_role(), role::follower);
}

TEST(replica_that_lost_power, does_not_hurry_when_the_leader_dies) {
  replica_in_doubt doubtful;
  test_replica& one = doubtful.one;
  one.receive(one.from(2, message_type::heartbeat_request));
  one.core().peer_down(broker_id(2), peer_loss::reset);
  one.pass(200);
  EXPECT_EQ(one.own_role(), role::follower);
}

TEST(replica_that_lost_power, needs_the_votes_of_all) {
  replica_in_doubt doubtful;
  test_replica& one = doubtful.one;
  ASSERT_TRUE(one.pass_until(5000, [&] { return one.own_role() == role::pre_candidate; }));
  const auto requests = one.take_sent(message_type::pre_vote_request);
  const auto grant = [&](int from) {
    message answer = one.from(from, message_type::pre_vote_response);
    answer.term = one.core().term() + 1;
    answer.context = requests[0].context;
    return answer;
  };
  one.receive(grant(2));
  EXPECT_EQ(one.own_role(), role::pre_candidate);
  one.receive(grant(3));
  EXPECT_EQ(one.own_role(), role::candidate);
  one.receive(one.from(2, message_type::vote_response));
  EXPECT_EQ(one.own_role(), role::candidate);
  one.receive(one.from(3, message_type::vote_response));
  EXPECT_EQ(one.own_role(), role::leader);
  EXPECT_FALSE(one.core().in_doubt()) << "nobody has more than it has";
  EXPECT_FALSE(one.log().doubt().open);
}

TEST(replica_that_lost_power, is_no_longer_in_doubt_when_an_operator_accepts_the_loss) {
  replica_in_doubt doubtful;
  test_replica& one = doubtful.one;
  EXPECT_TRUE(one.core().accept_loss());
  one.handle_work();
  EXPECT_FALSE(one.core().in_doubt());
  EXPECT_FALSE(one.log().doubt().open);
  EXPECT_FALSE(one.core().accept_loss());
}

TEST(replica_that_was_killed, has_what_the_operating_system_had_and_is_not_in_doubt) {
  test_replica one(replica(1), voters({1}));
  one.be_relaxed();
  one.handle_work();
  ASSERT_TRUE(one.core().is_leader());
  ASSERT_TRUE(one.core().propose(records("a", 0)));
  one.handle_work();
  EXPECT_EQ(one.log().synced().size(), 1u) << "the no-op is always synced, the data is not yet";
  one.restart();
  EXPECT_FALSE(one.core().in_doubt());
  EXPECT_EQ(one.log().last_index(), log_index(2));
}

TEST_F(doubt, follower_that_lost_entries_gets_them_again_from_the_leader_that_counted_them) {
  lead_and_write(1, 5);
  EXPECT_EQ(group[3].log().last_index(), log_index(6));
  group[3].lose_power();
  EXPECT_EQ(group[3].log().last_index(), log_index(1));
  group.pass(500);
  EXPECT_EQ(group.leader(), 1);
  expect_whole(3);
}

TEST_F(doubt, follower_that_lost_nothing_learns_so_although_nothing_is_written) {
  lead_and_write(1, 5);
  group[3].lose_power(100);
  EXPECT_TRUE(group[3].core().in_doubt());
  group.pass(500);
  expect_whole(3);
}

TEST_F(doubt, acknowledgements_in_doubt_do_not_commit) {
  lead_and_write(1, 2);
  group.cut(1, 2);
  group.cut(2, 1);
  group[3].lose_power();
  // The third must not learn that it is whole.
  group.let_through = [](const message& m) { return m.type != message_type::append_request || !m.in_doubt; };
  group.pass(200);
  const log_index before = group[1].core().commit_index();
  ASSERT_TRUE(group[1].core().propose(records("a", next_offset)));
  group.pass(300);
  EXPECT_EQ(group[1].core().commit_index(), before);
}

TEST_F(doubt, acknowledgement_from_before_the_loss_does_not_count_after_it) {
  test_replica leads(replica(1), voters({1, 2, 3, 4, 5}));
  leads.become_leader();
  ASSERT_TRUE(leads.core().propose(records("a", 0)));
  const auto ack = [&](int from, int index, std::uint64_t losses, bool in_doubt) {
    message m = leads.from(from, message_type::append_response);
    m.index = log_index(index);
    m.context = losses;
    m.in_doubt = in_doubt;
    return m;
  };
  leads.receive(ack(2, 2, 0, false));
  leads.receive(ack(2, 1, 1, true));
  EXPECT_EQ(leads.core().status().progress[0].match, log_index(1)) << "the one place where match goes back";
  leads.receive(ack(2, 2, 0, false));
  leads.receive(ack(3, 2, 0, false));
  EXPECT_EQ(leads.core().commit_index(), log_index(0));
  leads.receive(ack(2, 2, 1, false));
  EXPECT_EQ(leads.core().commit_index(), log_index(2));
}

TEST_F(doubt, match_is_not_lowered_by_anything_but_a_loss) {
  test_replica leads(replica(1), voters({1, 2, 3}));
  leads.become_leader();
  message ack = leads.from(2, message_type::append_response);
  ack.index = log_index(1);
  leads.receive(ack);
  message rejection = leads.from(2, message_type::append_response);
  rejection.rejected = true;
  rejection.index = log_index(1);
  leads.receive(rejection);
  EXPECT_EQ(leads.core().status().progress[0].match, log_index(1));
}

TEST_F(doubt, vote_in_doubt_does_not_elect_whoever_lacks_entries) {
  group.elect_this(1);
  group.isolate(3);
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(group[1].core().propose(records("r", next_offset++)));
    group.deliver_all();
  }
  EXPECT_EQ(group[1].core().commit_index(), group[1].log().last_index());
  // The second lost what only the first has besides; with the third it would be a majority.
  group[2].lose_power();
  group.heal();
  group.isolate(1);
  group.pass(5'000);
  EXPECT_NE(group.leader(), 2);
  EXPECT_NE(group.leader(), 3);
  group.heal();
  group.pass(3'000);
  for (int number = 1; number <= 3; ++number) {
    EXPECT_FALSE(group[number].core().in_doubt()) << number;
    EXPECT_EQ(group[number].core().commit_index(), group[1].log().last_index()) << number;
  }
}

TEST_F(doubt, leader_that_lost_power_comes_back_as_a_follower_in_doubt_and_is_whole_soon) {
  lead_and_write(1, 4);
  group[1].lose_power();
  group.elect();
  EXPECT_NE(group.leader(), 1);
  group.pass(1'000);
  expect_whole(1);
}

TEST_F(doubt, majority_in_doubt_waits_for_all_voters_and_goes_on_with_the_longest_log) {
  lead_and_write(1, 4);
  group[1].lose_power(1);
  group[2].lose_power(2);
  group.isolate(3);
  group.pass(5'000);
  EXPECT_NE(group.leader(), 1);
  EXPECT_NE(group.leader(), 2);
  group.heal();
  group.elect();
  group.pass(1'000);
  for (int number = 1; number <= 3; ++number) expect_whole(number);
  EXPECT_GE(group[1].log().last_index(), log_index(6)) << "the third had everything";
}

TEST_F(doubt, all_in_doubt_elect_one_together_and_lose_only_what_none_of_them_has) {
  lead_and_write(2, 4);
  group[1].lose_power(0);
  group[2].lose_power(1);
  group[3].lose_power(2);
  EXPECT_EQ(group[3].log().last_index(), log_index(4))
      << "two no-ops, which are always synced, and two records";
  group.elect();
  group.pass(1'000);
  for (int number = 1; number <= 3; ++number) expect_whole(number);
  EXPECT_EQ(group[1].log().at(log_index(4)).term, term_number(2));
}

TEST_F(doubt, leadership_is_not_handed_to_a_replica_in_doubt) {
  lead_and_write(1, 2);
  group[3].lose_power(100);
  group.let_through = [](const message& m) { return m.type != message_type::append_request || !m.in_doubt; };
  group.pass(300);
  ASSERT_TRUE(group[1].core().transfer_leadership(replica(3)));
  group.pass(300);
  EXPECT_EQ(group.leader(), 1);
}

// Retention has dropped from everybody's log what this one lost since.
TEST_F(doubt, leader_tells_a_replica_that_what_it_lacks_is_no_longer_there) {
  lead_and_write(1, 5);
  for (const int number : {1, 2}) group[number].log().drop_below(log_index(4));
  bool told = false;
  group.let_through = [&](const message& m) {
    told = told || (m.type == message_type::append_request && m.in_doubt && m.rejected);
    return true;
  };
  group[3].lose_power();
  group.pass(500);
  EXPECT_TRUE(told);
  EXPECT_TRUE(group[3].core().in_doubt()) << "it never counts again";
  EXPECT_EQ(group.leader(), 1);
}

TEST(replica_that_lost_power, stands_aside_when_the_leader_no_longer_has_what_it_lacks) {
  replica_in_doubt doubtful;
  message hopeless = doubtful.append(7, 9, 1);
  hopeless.rejected = true;
  message stale = hopeless;
  stale.context = 0;
  doubtful.one.core().step(stale);
  EXPECT_FALSE(doubtful.one.core().take_work().given_up) << "that was about an earlier loss";
  doubtful.one.core().step(hopeless);
  const auto given_up = doubtful.one.core().take_work().given_up;
  ASSERT_TRUE(given_up);
  EXPECT_NE(given_up->message.find("begins with entry 8"), std::string::npos) << given_up->message;
}

// A loss was accepted (or a learner outlived the voters): the others went on without what this one has.
TEST(replica_with_more_than_the_others, stands_aside_where_losses_are_possible) {
  test_replica one(replica(3), voters({1, 2, 3}), {term_number(2), std::nullopt}, log_with_terms({1, 2, 2}),
                   log_index(3));
  one.be_relaxed();
  message append = one.from(1, message_type::append_request);
  append.term = term_number(5);
  append.index = log_index(1);
  append.index_term = term_number(1);
  append.entries = {log_with_terms({1, 5})[1]};
  one.core().step(append);
  const work todo = one.core().take_work();
  ASSERT_TRUE(todo.given_up);
  EXPECT_TRUE(todo.send_now.empty() && todo.send_after_persist.empty()) << "it promises nothing";
  EXPECT_EQ(one.terms(), (std::vector<int>{1, 2, 2})) << "what it has stays";
}

TEST(replica_with_more_than_the_others_death, stops_the_process_where_nothing_can_be_lost) {
  const auto conflict = [] {
    test_replica one(replica(3), voters({1, 2, 3}), {term_number(2), std::nullopt}, log_with_terms({1, 2, 2}),
                     log_index(3));
    message append = one.from(1, message_type::append_request);
    append.term = term_number(5);
    append.index = log_index(1);
    append.index_term = term_number(1);
    append.entries = {log_with_terms({1, 5})[1]};
    one.receive(append);
  };
  EXPECT_DEATH(conflict(), "other entries than those that are committed");
}

}  // namespace
}  // namespace marquee::raft::testing
