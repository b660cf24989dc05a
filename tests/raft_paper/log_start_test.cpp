#include "raft/core/log_start.h"

#include <gtest/gtest.h>

#include "tests/raft_paper/test_group.h"

/// Not in the paper: where a log begins once retention dropped its front (DESIGN D6). At least the entry that
/// says so stays.
namespace marquee::raft::testing {
namespace {

proposal log_start_at(std::int64_t offset, std::int64_t index) {
  proposal wanted;
  wanted.type = entry_type::log_start;
  wanted.head = shared_bytes::of(encode_log_start({record_offset(offset), log_index(index)}));
  return wanted;
}

/// Gives the last index.
log_index apply_all(test_replica& one) {
  one.core().applied(one.core().commit_index());
  return one.core().commit_index();
}

TEST(log_start, mark_comes_back_and_garbage_is_refused) {
  const log_start_mark mark{record_offset(5), log_index(9)};
  const bytes data = encode_log_start(mark);
  EXPECT_EQ(data.size(), log_start_mark_bytes);
  EXPECT_EQ(*decode_log_start(data), mark);
  for (std::size_t size = 0; size < data.size(); ++size)
    EXPECT_FALSE(decode_log_start(bytes_view(data).first(size)));
  EXPECT_FALSE(decode_log_start(encode_log_start({record_offset(-1), log_index(9)})));
  EXPECT_FALSE(decode_log_start(encode_log_start({record_offset(0), log_index(0)})));
}

TEST(log_start, is_refused_beyond_what_every_voter_is_known_to_hold) {
  test_group group(3);
  group.elect_this(1);
  group.isolate(3);
  ASSERT_TRUE(group[1].core().propose(records("a", 0)));
  group.deliver_all();
  const log_index last = apply_all(group[1]);
  const auto refused = group[1].core().propose(log_start_at(1, last.value() + 1));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, error_code::refused);
  EXPECT_NE(refused.error().message.find(to_string(replica(3))), std::string::npos);
  group.heal();
  group.pass(1000);
  EXPECT_TRUE(group[1].core().propose(log_start_at(1, last.value() + 1)));
}

TEST(log_start, is_refused_beyond_what_is_applied_and_when_it_cannot_be_read) {
  test_group group(3);
  group.elect_this(1);
  const log_index last = apply_all(group[1]);
  EXPECT_EQ(group[1].core().propose(log_start_at(9, last.value() + 2)).error().code,
            error_code::invalid_argument);
  proposal garbage = log_start_at(1, 1);
  garbage.head = shared_bytes::of("garbage");
  EXPECT_EQ(group[1].core().propose(garbage).error().code, error_code::invalid_argument);
}

TEST(log_start, follower_that_has_no_beginning_any_more_goes_on_with_the_next_leader) {
  test_group group(3);
  group.elect_this(1);
  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(group[1].core().propose(records("a", i)));
    group.deliver_all();
  }
  group.pass(300);
  const log_index last = group[1].core().commit_index();
  for (const int number : {1, 2, 3}) group[number].log().drop_below(last);
  group.isolate(1);
  group.pass(3000);
  const int next = group.leader();
  EXPECT_NE(next, 0);
  ASSERT_TRUE(group[next].core().propose(records("b", 5)));
  group.deliver_all();
  group.heal();
  group.pass(3000);
  for (const int number : {1, 2, 3}) EXPECT_GT(group[number].core().commit_index(), last + 1) << number;
}

}  // namespace
}  // namespace marquee::raft::testing
