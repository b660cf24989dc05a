#include "raft/storage/entry_tail.h"

#include <gtest/gtest.h>

#include "tests/unit/raft/storage/store_under_test.h"

namespace marquee::raft {
namespace {

entry_tail entries_five_to_nine() {
  entry_tail tail;
  for (std::int64_t i = 5; i <= 9; ++i) tail.append(data_entry(i, 1, i * 2, 2, "0123456789"));
  return tail;
}

TEST(entry_tail, finds_what_it_has_and_nothing_else) {
  const entry_tail tail = entries_five_to_nine();
  EXPECT_EQ(tail.find(log_index(4)), nullptr);
  EXPECT_EQ(tail.find(log_index(7))->index, log_index(7));
  EXPECT_EQ(tail.find(log_index(10)), nullptr);
}

TEST(entry_tail, counts_its_bytes_through_appends_truncations_and_drops) {
  entry_tail tail = entries_five_to_nine();
  const std::uint64_t each = tail.front().encoded_bytes();
  EXPECT_EQ(tail.size_bytes(), 5 * each);
  tail.truncate(log_index(8));
  EXPECT_EQ(tail.size_bytes(), 3 * each);
  tail.drop_up_to(log_index(6));
  EXPECT_EQ(tail.size_bytes(), each);
  EXPECT_EQ(tail.front().index, log_index(7));
  tail.drop_up_to(log_index(100));
  EXPECT_TRUE(tail.empty());
  EXPECT_EQ(tail.size_bytes(), 0U);
}

TEST(entry_tail, copies_at_least_one_entry_into_an_empty_list_and_none_over_the_budget_otherwise) {
  const entry_tail tail = entries_five_to_nine();
  std::vector<entry> target;
  EXPECT_FALSE(tail.copy(log_index(5), log_index(10), 1, target));
  EXPECT_EQ(target.size(), 1U);
  EXPECT_FALSE(tail.copy(log_index(6), log_index(10), 1, target));
  EXPECT_EQ(target.size(), 1U);
  EXPECT_TRUE(tail.copy(log_index(6), log_index(8), 10'000, target));
  EXPECT_EQ(target.size(), 3U);
}

TEST(entry_tail, searches_by_offset_and_by_time) {
  const entry_tail tail = entries_five_to_nine();
  EXPECT_EQ(tail.first_reaching_past(record_offset(13)), log_index(6));
  EXPECT_EQ(tail.first_reaching_past(record_offset(12)), log_index(6));
  EXPECT_EQ(tail.first_reaching_past(record_offset(20)), std::nullopt);
  EXPECT_EQ(tail.first_at_or_after(1065), log_index(7));
  EXPECT_EQ(tail.first_at_or_after(2000), std::nullopt);
}

}  // namespace
}  // namespace marquee::raft
