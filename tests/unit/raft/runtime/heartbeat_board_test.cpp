#include "raft/runtime/heartbeat_board.h"

#include <gtest/gtest.h>

#include "tests/unit/raft/runtime/cluster_fixture.h"

namespace marquee::raft {
namespace {
using namespace testing;

group_message beat(int partition, int to, int term, int commit, std::uint64_t context) {
  group_message item{.group = group_of(partition), .value = {}};
  item.value.from = replica_of(1);
  item.value.to = replica_of(to);
  item.value.term = term_number(term);
  item.value.commit = log_index(commit);
  item.value.context = context;
  return item;
}

TEST(heartbeat_board, only_news_is_worth_a_message_of_its_own) {
  heartbeat_board board;
  EXPECT_TRUE(board.publish(beat(0, 2, 1, 0, 0)));
  EXPECT_FALSE(board.publish(beat(0, 2, 1, 0, 0)));
  EXPECT_TRUE(board.publish(beat(0, 2, 1, 5, 0)));
  EXPECT_TRUE(board.publish(beat(0, 2, 1, 5, 1)));
  EXPECT_TRUE(board.publish(beat(0, 2, 2, 5, 1)));
  EXPECT_TRUE(board.publish(beat(0, 3, 2, 5, 1)));
}

TEST(heartbeat_board, bundles_the_latest_of_all_groups_per_broker) {
  heartbeat_board board;
  for (int partition = 0; partition < 3; ++partition)
    for (const int to : {2, 3}) static_cast<void>(board.publish(beat(partition, to, 1, 0, 0)));
  static_cast<void>(board.publish(beat(0, 2, 1, 9, 0)));
  messages_by_broker bundles;
  board.collect(bundles);
  ASSERT_EQ(bundles.size(), 2u);
  EXPECT_EQ(bundles[broker_id(2)].size(), 3u);
  EXPECT_EQ(bundles[broker_id(3)].size(), 3u);
  std::int64_t commits = 0;
  for (const group_message& each : bundles[broker_id(2)]) commits += each.value.commit.value();
  EXPECT_EQ(commits, 9);
}

TEST(heartbeat_board, says_nothing_for_groups_that_are_no_longer_led) {
  heartbeat_board board;
  static_cast<void>(board.publish(beat(0, 2, 1, 0, 0)));
  board.remove(group_of(0));
  messages_by_broker bundles;
  board.collect(bundles);
  EXPECT_TRUE(bundles.empty());
}

TEST(heartbeat_board, forgets_a_follower_that_is_not_written_to_any_more) {
  heartbeat_board board;
  static_cast<void>(board.publish(beat(0, 2, 1, 0, 0)));
  std::size_t last = 1;
  for (int i = 0; i < 100; ++i) {
    static_cast<void>(board.publish(beat(0, 3, 1, 0, 0)));
    messages_by_broker bundles;
    board.collect(bundles);
    EXPECT_EQ(bundles[broker_id(3)].size(), 1u);
    last = bundles[broker_id(2)].size();
  }
  EXPECT_EQ(last, 0u);
}

}  // namespace
}  // namespace marquee::raft
