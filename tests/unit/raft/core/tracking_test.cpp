#include <gtest/gtest.h>

#include "raft/core/membership.h"
#include "raft/core/peer_replication.h"
#include "raft/core/persist_tracker.h"
#include "raft/core/read_barriers.h"
#include "raft/core/uncommitted_bytes.h"

/// The small parts that a node counts with.
namespace marquee::raft {
namespace {

TEST(persist_tracker, log_is_durable_up_to_the_last_request_that_is) {
  persist_tracker tracker(log_index(3));
  EXPECT_EQ(tracker.durable_index(), log_index(3));
  EXPECT_EQ(tracker.next_id(), 1u);
  tracker.handed_out(log_index(5));
  tracker.handed_out(log_index(9));
  EXPECT_FALSE(tracker.all_durable());
  tracker.persisted(1);
  EXPECT_EQ(tracker.durable_index(), log_index(5));
  EXPECT_TRUE(tracker.is_durable(1));
  EXPECT_FALSE(tracker.is_durable(2));
  tracker.persisted(2);
  EXPECT_EQ(tracker.durable_index(), log_index(9));
  EXPECT_TRUE(tracker.all_durable());
}

// Pitfall 34.
TEST(persist_tracker, request_that_was_truncated_confirms_only_what_is_left_of_it) {
  persist_tracker tracker(log_index(3));
  tracker.handed_out(log_index(9));
  tracker.truncated_from(log_index(6));
  tracker.handed_out(log_index(8));
  tracker.persisted(1);
  EXPECT_EQ(tracker.durable_index(), log_index(5));
  tracker.persisted(2);
  EXPECT_EQ(tracker.durable_index(), log_index(8));
  tracker.truncated_from(log_index(2));
  EXPECT_EQ(tracker.durable_index(), log_index(1));
}

TEST(peer_replication, probes_one_at_a_time_and_then_streams_up_to_the_window) {
  peer_replication peer(log_index(5));
  EXPECT_TRUE(peer.may_send(2));
  peer.sent(log_index(7));
  EXPECT_FALSE(peer.may_send(2)) << "the probe is not answered";
  EXPECT_TRUE(peer.acknowledged(log_index(7)));
  EXPECT_EQ(peer.next(), log_index(8));
  peer.sent(log_index(8));
  EXPECT_TRUE(peer.may_send(2));
  peer.sent(log_index(10));
  EXPECT_FALSE(peer.may_send(2));
  EXPECT_TRUE(peer.acknowledged(log_index(8)));
  EXPECT_TRUE(peer.may_send(2));
  EXPECT_EQ(peer.next(), log_index(11));
}

// Pitfall 18.
TEST(peer_replication, stale_rejections_and_acknowledgements_move_nothing) {
  peer_replication peer(log_index(5));
  EXPECT_TRUE(peer.is_current_rejection(log_index(4)));
  EXPECT_FALSE(peer.is_current_rejection(log_index(3)));
  (void)peer.acknowledged(log_index(9));
  EXPECT_FALSE(peer.acknowledged(log_index(6)));
  EXPECT_EQ(peer.match(), log_index(9));
  EXPECT_FALSE(peer.is_current_rejection(log_index(9))) << "what matches cannot be rejected";
  EXPECT_FALSE(peer.is_current_rejection(log_index(20))) << "never sent";
  peer.sent(log_index(12));
  EXPECT_TRUE(peer.is_current_rejection(log_index(12)));
  peer.probe_from(log_index(2));
  EXPECT_EQ(peer.next(), log_index(10)) << "never below what matches";
}

// Pitfall 21: after two answers without anything in between, what is open is taken for lost.
TEST(peer_replication, silence_between_two_heartbeats_gives_up_what_is_open) {
  peer_replication peer(log_index(1));
  peer.sent(log_index(1));
  EXPECT_FALSE(peer.heartbeat_answered()) << "it may still be under way";
  EXPECT_FALSE(peer.may_send(1));
  EXPECT_TRUE(peer.heartbeat_answered());
  EXPECT_TRUE(peer.may_send(1));
}

TEST(peer_replication, lost_connection_waits_and_starts_again_after_what_matches) {
  peer_replication peer(log_index(1));
  (void)peer.acknowledged(log_index(4));
  peer.sent(log_index(6));
  peer.connection_lost();
  EXPECT_FALSE(peer.may_send(8));
  peer.connection_back();
  EXPECT_TRUE(peer.may_send(8));
  EXPECT_EQ(peer.next(), log_index(5));
}

TEST(membership, latest_configuration_in_the_log_counts_and_truncation_brings_the_one_before_back) {
  const auto of = [](int number) { return configuration{{{broker_id(number), incarnation_id(1)}}, {}, {}}; };
  membership members(of(1));
  EXPECT_EQ(members.current_index(), log_index(0));
  members.append(log_index(5), of(2));
  members.append(log_index(8), of(3));
  EXPECT_EQ(members.current(), of(3));
  members.committed(log_index(6));
  EXPECT_FALSE(members.truncate_from(log_index(9)));
  EXPECT_TRUE(members.truncate_from(log_index(7)));
  EXPECT_EQ(members.current(), of(2));
  EXPECT_EQ(members.current_index(), log_index(5));
}

// Pitfall 58.
TEST(read_barriers, round_confirms_only_the_reads_that_began_it) {
  read_barriers barriers;
  EXPECT_FALSE(barriers.wants_round());
  EXPECT_TRUE(barriers.add(1));
  EXPECT_TRUE(barriers.add(2));
  barriers.begin_round(log_index(7));
  EXPECT_TRUE(barriers.add(3));
  EXPECT_TRUE(barriers.wants_round());
  barriers.begin_round(log_index(9));
  std::vector<read_ready> ready;
  barriers.take_confirmed([](std::uint64_t round) { return round <= 1; }, ready);
  ASSERT_EQ(ready.size(), 2u);
  EXPECT_EQ(ready[1].index, log_index(7));
  barriers.refuse_all(ready);
  ASSERT_EQ(ready.size(), 3u);
  EXPECT_EQ(ready[2].id, 3u);
  EXPECT_EQ(ready[2].index, std::nullopt);
}

TEST(read_barriers, are_bounded) {
  read_barriers barriers;
  for (std::uint64_t id = 0; id < read_barriers::most; ++id) ASSERT_TRUE(barriers.add(id));
  EXPECT_FALSE(barriers.add(1));
}

// Pitfalls 23 and 25.
TEST(uncommitted_bytes, releases_exactly_what_was_added_and_always_has_room_for_one) {
  uncommitted_bytes bytes;
  EXPECT_TRUE(bytes.has_room(1'000'000, 10));
  bytes.added(log_index(1), 6);
  bytes.added(log_index(2), 4);
  EXPECT_FALSE(bytes.has_room(1, 10));
  bytes.committed(log_index(1));
  EXPECT_EQ(bytes.total(), 4u);
  EXPECT_TRUE(bytes.has_room(6, 10));
  bytes.committed(log_index(9));
  EXPECT_EQ(bytes.total(), 0u);
}

}  // namespace
}  // namespace marquee::raft
