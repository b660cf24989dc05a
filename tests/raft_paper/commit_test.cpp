#include <gtest/gtest.h>

#include "tests/raft_paper/test_group.h"

/// Raft paper 5.3 and 5.4: when an entry is committed.
namespace marquee::raft::testing {
namespace {

message ack(const test_replica& to, int sender, std::int64_t index) {
  message m = to.from(sender, message_type::append_response);
  m.index = log_index(index);
  return m;
}

// Raft paper 5.3: "a log entry is committed once the leader has replicated it on a majority of the servers".
TEST(commit, entry_is_committed_when_a_majority_has_it) {
  test_replica one(replica(1), voters({1, 2, 3, 4, 5}));
  one.become_leader();
  EXPECT_EQ(one.core().commit_index(), log_index(0));
  one.receive(ack(one, 2, 1));
  EXPECT_EQ(one.core().commit_index(), log_index(0));
  one.receive(ack(one, 3, 1));
  EXPECT_EQ(one.core().commit_index(), log_index(1));
}

// Pitfall 36: the leader counts itself when its own disk has the entry, not before.
TEST(commit, leader_counts_itself_only_after_its_own_sync) {
  test_replica one(replica(1), voters({1, 2, 3}));
  one.become_leader();
  one.receive(ack(one, 2, 1));
  ASSERT_EQ(one.core().commit_index(), log_index(1));
  one.disk_is_stuck = true;
  ASSERT_TRUE(one.core().propose(records("a", 0)));
  one.handle_work();
  one.receive(ack(one, 2, 2));
  EXPECT_EQ(one.core().commit_index(), log_index(1));
  one.sync();
  EXPECT_EQ(one.core().commit_index(), log_index(2));
  // But the others are a majority without it (thesis 10.2.1).
  ASSERT_TRUE(one.core().propose(records("a", 1)));
  one.handle_work();
  one.receive(ack(one, 2, 3));
  one.receive(ack(one, 3, 3));
  EXPECT_EQ(one.core().commit_index(), log_index(3));
}

// Pitfall 59.
TEST(commit, single_voter_commits_after_its_own_sync) {
  test_replica one(replica(1), voters({1}));
  one.handle_work();
  ASSERT_EQ(one.own_role(), role::leader);
  EXPECT_EQ(one.core().commit_index(), log_index(1));
  one.disk_is_stuck = true;
  ASSERT_TRUE(one.core().propose(records("a", 0)));
  one.handle_work();
  EXPECT_EQ(one.core().commit_index(), log_index(1));
  one.sync();
  EXPECT_EQ(one.core().commit_index(), log_index(2));
}

// Raft paper 5.4.2 and figure 8; pitfall 14: an entry of an older term is never committed by counting.
TEST(commit, entry_of_an_older_term_is_committed_only_with_one_of_the_own) {
  node_options options;
  options.append_bytes_most = 1;  // one entry a message, so that a majority can have the old one alone
  test_replica one(replica(1), voters({1, 2, 3, 4, 5}), {term_number(3), std::nullopt},
                   log_with_terms({1, 2}), log_index(1), options);
  one.become_leader();
  ASSERT_EQ(one.core().term(), term_number(4));
  for (const int follower : {2, 3, 4, 5}) one.receive(ack(one, follower, 2));
  EXPECT_EQ(one.core().commit_index(), log_index(1)) << "all five have the entry of term 2";
  for (const int follower : {2, 3}) one.receive(ack(one, follower, 3));
  EXPECT_EQ(one.core().commit_index(), log_index(3));
}

// Pitfall 15: "leaderCommit" beyond what this very message verified means nothing yet.
TEST(commit, follower_commits_no_further_than_it_verified) {
  test_replica one(replica(2), voters({1, 2, 3}), {term_number(3), std::nullopt}, log_with_terms({1, 2, 2}));
  message m = one.from(1, message_type::append_request);
  m.index = log_index(1);
  m.index_term = term_number(1);
  m.commit = log_index(3);
  one.receive(m);
  EXPECT_EQ(one.core().commit_index(), log_index(1)) << "entries 2 and 3 may be overwritten yet";
  message heartbeat = one.from(1, message_type::heartbeat_request);
  heartbeat.commit = log_index(99);
  one.receive(heartbeat);
  EXPECT_LE(one.core().commit_index(), log_index(3));
}

TEST(commit, leader_tells_nobody_of_a_commit_beyond_what_he_matches) {
  test_replica one(replica(1), voters({1, 2, 3}));
  one.become_leader();
  one.receive(ack(one, 2, 1));
  ASSERT_EQ(one.core().commit_index(), log_index(1));
  (void)one.take_sent();
  one.pass(110);
  for (const message& m : one.take_sent(message_type::heartbeat_request))
    EXPECT_EQ(m.commit, log_index(m.to == replica(2) ? 1 : 0));
}

// Pitfall 26: nothing more is written, and the follower still learns what is committed.
TEST(commit, follower_that_syncs_late_learns_the_commit_of_a_quiet_group) {
  test_group group(3);
  group.elect_this(1);
  group[3].disk_is_stuck = true;
  ASSERT_TRUE(group[1].core().propose(records("a", 0)));
  group.deliver_all();
  group.pass(300);
  const log_index last = group[1].core().commit_index();
  EXPECT_LT(group[3].core().commit_index(), last);
  group[3].disk_is_stuck = false;
  group[3].sync();
  group.pass(300);
  EXPECT_EQ(group[3].core().commit_index(), last);
}

// Raft paper 5.4.3, leader completeness: what was committed is in every later leader's log.
TEST(commit, later_leaders_have_every_committed_entry) {
  test_group group(5);
  std::int64_t offset = 0;
  for (int round = 0; round < 5; ++round) {
    const int leader = group.elect();
    ASSERT_NE(leader, 0);
    for (int i = 0; i < 3; ++i) ASSERT_TRUE(group[leader].core().propose(records("x", offset++)));
    group.deliver_all();
    group.heal();
    group.isolate(leader);
    group.pass(3000);
  }
  group.heal();
  group.pass(3000);
  for (int number = 1; number <= 5; ++number) {
    std::int64_t stored = 0;
    for (log_index i(1); i <= group[number].log().last_index(); ++i)
      stored += group[number].log().at(i).record_count;
    EXPECT_EQ(stored, offset);
  }
}

// A minority commits nothing, and what it took is replaced.
TEST(commit, leader_without_majority_commits_nothing) {
  test_group group(3);
  group.elect_this(1);
  const log_index before = group[1].core().commit_index();
  group.isolate(1);
  ASSERT_TRUE(group[1].core().propose(records("lost", 0)));
  group.pass(3000);
  EXPECT_EQ(group[1].core().commit_index(), before);
  const int next = group.leader();
  ASSERT_NE(next, 1);
  ASSERT_TRUE(group[next].core().propose(records("kept", 0)));
  group.heal();
  group.pass(1000);
  EXPECT_EQ(group[1].terms(), group[next].terms());
  EXPECT_EQ(group[1].log().at(group[1].log().last_index()).payload[0].text(), "kept");
}

}  // namespace
}  // namespace marquee::raft::testing
