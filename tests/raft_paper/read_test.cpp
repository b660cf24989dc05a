#include <gtest/gtest.h>

#include "tests/raft_paper/test_group.h"

/// Raft paper 8 and thesis 6.4: reads that see everything committed before them.
namespace marquee::raft::testing {
namespace {

message ack(const test_replica& to, int sender, std::int64_t index) {
  message m = to.from(sender, message_type::append_response);
  m.index = log_index(index);
  return m;
}

message beat(const test_replica& to, int sender, std::uint64_t context) {
  message m = to.from(sender, message_type::heartbeat_response);
  m.context = context;
  return m;
}

/// Starts a read and gives the number of its round.
std::uint64_t start_read(test_replica& one, std::uint64_t id) {
  (void)one.take_sent();
  one.core().read_barrier(id);
  const auto requests = one.take_sent(message_type::heartbeat_request);
  return requests.empty() ? 0 : requests.back().context;
}

// Thesis 6.4, step 1; pitfall 58.
TEST(read_barrier, waits_until_an_entry_of_the_own_term_is_committed) {
  test_replica one(replica(1), voters({1, 2, 3}));
  one.become_leader();
  EXPECT_EQ(start_read(one, 5), 0u);
  one.receive(beat(one, 2, 0));
  EXPECT_TRUE(one.take_reads().empty());
  one.receive(ack(one, 2, 1));
  const auto requests = one.take_sent(message_type::heartbeat_request);
  ASSERT_EQ(requests.size(), 2u) << "now the round begins";
  one.receive(beat(one, 3, requests[0].context));
  const auto reads = one.take_reads();
  ASSERT_EQ(reads.size(), 1u);
  EXPECT_EQ(reads[0].id, 5u);
  EXPECT_EQ(reads[0].index, log_index(1));
}

// Thesis 6.4, step 3: "the leader needs to make sure it hasn't been superseded".
TEST(read_barrier, needs_answers_of_a_majority_to_a_heartbeat_sent_after_it) {
  test_replica one(replica(1), voters({1, 2, 3, 4, 5}));
  one.become_leader();
  one.receive(ack(one, 2, 1));
  one.receive(ack(one, 3, 1));
  const std::uint64_t first = start_read(one, 1);
  ASSERT_NE(first, 0u);
  const std::uint64_t second = start_read(one, 2);
  EXPECT_GT(second, first);
  // Pitfall 58: late answers to the first round confirm the first read alone.
  one.receive(beat(one, 2, first));
  one.receive(beat(one, 2, first));
  EXPECT_TRUE(one.take_reads().empty());
  one.receive(beat(one, 3, first));
  auto reads = one.take_reads();
  ASSERT_EQ(reads.size(), 1u);
  EXPECT_EQ(reads[0].id, 1u);
  one.receive(beat(one, 4, second));
  one.receive(beat(one, 5, second));
  reads = one.take_reads();
  ASSERT_EQ(reads.size(), 1u);
  EXPECT_EQ(reads[0].id, 2u);
}

TEST(read_barrier, reads_that_arrive_together_share_a_round) {
  test_replica one(replica(1), voters({1, 2, 3}));
  one.become_leader();
  one.receive(ack(one, 2, 1));
  (void)one.take_sent();
  for (std::uint64_t id = 1; id <= 100; ++id) one.core().read_barrier(id);
  const auto requests = one.take_sent(message_type::heartbeat_request);
  ASSERT_EQ(requests.size(), 2u);
  one.receive(beat(one, 2, requests[0].context));
  EXPECT_EQ(one.take_reads().size(), 100u);
}

TEST(read_barrier, lost_heartbeat_is_made_good_by_the_next) {
  test_replica one(replica(1), voters({1, 2, 3}));
  one.become_leader();
  one.receive(ack(one, 2, 1));
  const std::uint64_t round = start_read(one, 1);
  one.pass(110);
  const auto again = one.take_sent(message_type::heartbeat_request);
  ASSERT_EQ(again.size(), 2u);
  EXPECT_EQ(again[0].context, round);
}

TEST(read_barrier, is_refused_by_a_follower_and_when_leadership_is_lost) {
  test_replica follower(replica(2), voters({1, 2, 3}));
  follower.core().read_barrier(9);
  auto reads = follower.take_reads();
  ASSERT_EQ(reads.size(), 1u);
  EXPECT_EQ(reads[0].index, std::nullopt);

  test_replica one(replica(1), voters({1, 2, 3}));
  one.become_leader();
  one.core().read_barrier(7);
  one.pass(1100);
  reads = one.take_reads();
  ASSERT_EQ(reads.size(), 1u);
  EXPECT_EQ(reads[0].id, 7u);
  EXPECT_EQ(reads[0].index, std::nullopt);
}

TEST(read_barrier, single_voter_answers_at_once) {
  test_replica one(replica(1), voters({1}));
  one.handle_work();
  one.core().read_barrier(1);
  const auto reads = one.take_reads();
  ASSERT_EQ(reads.size(), 1u);
  EXPECT_EQ(reads[0].index, log_index(1));
}

// The very danger: an old leader that does not know of its successor.
TEST(read_barrier, old_leader_confirms_nothing_after_another_took_over) {
  test_group group(3);
  group.elect_this(1);
  group.isolate(1);
  group[1].core().read_barrier(1);
  group.deliver_all();
  group.pass(990);
  for (const read_ready& read : group[1].take_reads()) EXPECT_EQ(read.index, std::nullopt);
  group.pass(3000);
  const int next = group.elect();
  ASSERT_NE(next, 1);
  group.heal();
  group.pass(500);
  for (const read_ready& read : group[1].take_reads()) EXPECT_EQ(read.index, std::nullopt);
  (void)group[next].take_reads();
  group[next].core().read_barrier(2);
  group.deliver_all();
  const auto reads = group[next].take_reads();
  ASSERT_EQ(reads.size(), 1u);
  EXPECT_EQ(reads[0].index, group[next].core().commit_index());
}

}  // namespace
}  // namespace marquee::raft::testing
