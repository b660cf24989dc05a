#include "raft/transport/outbox.h"

#include <gtest/gtest.h>

#include "tests/unit/raft/transport/transport_fixture.h"

namespace marquee::raft {
namespace {
using namespace testing;

TEST(outbox, keeps_nothing_while_closed) {
  outbox box({});
  EXPECT_EQ(box.push({heartbeat_between(1, 2)}), 1u);
  EXPECT_FALSE(box.push_leaders({{group_of(1), term_number(1), replica_of(1)}}));
  box.open();
  EXPECT_TRUE(box.take(1000).empty());
}

TEST(outbox, drops_appends_beyond_its_bytes_but_takes_small_messages) {
  outbox box({.bytes_most = 10'000});
  box.open();
  std::size_t dropped = 0;
  for (int i = 1; i <= 20; ++i) dropped += box.push({append_between(1, 2, i, 1000)});
  EXPECT_GT(dropped, 8u);
  EXPECT_LT(dropped, 13u);
  EXPECT_LE(box.queued_bytes(), 10'000u);
  EXPECT_EQ(box.push({heartbeat_between(1, 2)}), 0u);
}

TEST(outbox, takes_a_single_append_of_any_size) {
  outbox box({.bytes_most = 100});
  box.open();
  EXPECT_EQ(box.push({append_between(1, 2, 1, 5000)}), 0u);
  EXPECT_EQ(box.take(10).messages.size(), 1u);
}

TEST(outbox, small_messages_are_bounded_by_number) {
  outbox box({.small_messages_most = 3});
  box.open();
  std::vector<group_message> five(5, heartbeat_between(1, 2));
  EXPECT_EQ(box.push(five), 2u);
}

TEST(outbox, small_messages_overtake_appends_and_appends_keep_their_order) {
  outbox box({});
  box.open();
  ASSERT_EQ(box.push({append_between(1, 2, 1, 10), append_between(1, 2, 2, 10), heartbeat_between(1, 2)}),
            0u);
  const outbox_batch batch = box.take(1 << 20);
  ASSERT_EQ(batch.messages.size(), 3u);
  EXPECT_EQ(batch.messages[0].value.type, message_type::heartbeat_request);
  EXPECT_EQ(batch.messages[1].value.index, log_index(0));
  EXPECT_EQ(batch.messages[2].value.index, log_index(1));
}

TEST(outbox, a_batch_ends_at_its_size) {
  outbox box({});
  box.open();
  for (int i = 1; i <= 10; ++i) ASSERT_EQ(box.push({append_between(1, 2, i, 1000)}), 0u);
  EXPECT_EQ(box.take(3 * 1300).messages.size(), 3u);
  EXPECT_EQ(box.take(1 << 20).messages.size(), 7u);
  EXPECT_EQ(box.queued_bytes(), 0u);
}

}  // namespace
}  // namespace marquee::raft
