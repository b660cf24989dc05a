#include "broker/sequence_table.h"

#include <gtest/gtest.h>

#include <string>

namespace marquee::broker {
namespace {

constexpr std::int64_t day_ms = 24LL * 3600 * 1000;
constexpr std::int64_t start_ms = 1'700'000'000'000;
using kind = sequence_part::kind;

bytes encoded(const sequence_table& table) {
  bytes data;
  byte_writer out(data);
  table.encode(out);
  return data;
}

/// "fresh 0+3; same 3+2@10", to compare answers at a glance.
std::string told(const std::vector<sequence_part>& parts) {
  static const char* const names[] = {"fresh", "same", "differs", "stored", "too_old"};
  std::string text;
  for (const sequence_part& part : parts) {
    text += std::string(text.empty() ? "" : "; ") + names[static_cast<int>(part.what)] + " " +
            std::to_string(part.sequence) + "+" + std::to_string(part.count);
    if (part.append_time_ms >= 0) text += "@" + std::to_string(part.offset.value());
  }
  return text;
}

TEST(sequence_table, takes_an_unknown_producer_as_new) {
  const sequence_table table;
  EXPECT_EQ(told(table.look_up(1, {5, 3, 42})), "fresh 5+3");
}

TEST(sequence_table, recognises_a_repeated_run_by_its_hash) {
  sequence_table table;
  table.apply(1, {{5, 3, 42}}, record_offset(100), start_ms);
  EXPECT_EQ(told(table.look_up(1, {5, 3, 42})), "same 5+3@100");
  EXPECT_EQ(told(table.look_up(1, {5, 3, 43})), "differs 5+3@100");
  EXPECT_EQ(told(table.look_up(2, {5, 3, 42})), "fresh 5+3");
}

TEST(sequence_table, splits_what_overlaps_into_old_and_new) {
  sequence_table table;
  table.apply(1, {{10, 5, 1}}, record_offset(0), start_ms);
  table.apply(1, {{20, 5, 2}}, record_offset(5), start_ms);
  EXPECT_EQ(told(table.look_up(1, {8, 20, 7})),
            "fresh 8+2; stored 10+5@0; fresh 15+5; stored 20+5@5; fresh 25+3");
  EXPECT_EQ(told(table.look_up(1, {12, 2, 7})), "stored 12+2@2");
}

TEST(sequence_table, maps_each_run_of_a_batch_to_its_own_offsets) {
  sequence_table table;
  table.apply(1, {{3, 2, 11}, {9, 1, 12}}, record_offset(50), start_ms);
  EXPECT_EQ(told(table.look_up(1, {9, 1, 12})), "same 9+1@52");
}

TEST(sequence_table, always_compares_records_of_a_run_it_cut_itself) {
  sequence_table table;
  table.apply(1, {{3, 2, unknown_hash}}, record_offset(50), start_ms);
  EXPECT_EQ(told(table.look_up(1, {3, 2, 77})), "stored 3+2@50");
}

TEST(sequence_table, keeps_a_thousand_batches_whatever_their_age) {
  sequence_table table;
  for (int i = 0; i < 1000; ++i) table.apply(1, {{i, 1, 1}}, record_offset(i), start_ms);
  table.apply(1, {{1000, 1, 1}}, record_offset(1000), start_ms + 2 * day_ms);
  EXPECT_EQ(told(table.look_up(1, {0, 1, 1})), "too_old 0+1");
  EXPECT_EQ(told(table.look_up(1, {1, 1, 1})), "same 1+1@1");
}

TEST(sequence_table, keeps_more_than_a_thousand_batches_for_a_day) {
  sequence_table table;
  for (int i = 0; i < 2000; ++i) table.apply(1, {{i, 1, 1}}, record_offset(i), start_ms + i);
  EXPECT_EQ(told(table.look_up(1, {0, 1, 1})), "same 0+1@0");
}

TEST(sequence_table, keeps_ten_thousand_runs_at_most) {
  sequence_table table;
  for (int i = 0; i < 10'010; ++i) table.apply(1, {{i, 1, 1}}, record_offset(i), start_ms);
  EXPECT_EQ(told(table.look_up(1, {9, 1, 1})), "too_old 9+1");
  EXPECT_EQ(told(table.look_up(1, {10, 1, 1})), "same 10+1@10");
  EXPECT_EQ(table.marks_of(1)->forgotten_below, 10);
}

TEST(sequence_table, keeps_only_two_marks_of_a_producer_that_was_quiet_for_a_week) {
  sequence_table table;
  table.apply(1, {{5, 3, 42}}, record_offset(0), start_ms);
  table.apply(2, {{0, 1, 1}}, record_offset(3), start_ms + 7 * day_ms);
  EXPECT_EQ(table.active_producers(), 1U);
  EXPECT_EQ(table.idle_producers(), 1U);
  EXPECT_EQ(told(table.look_up(1, {5, 3, 42})), "too_old 5+3");
  EXPECT_EQ(told(table.look_up(1, {8, 1, 1})), "fresh 8+1");
  EXPECT_EQ(table.marks_of(1)->highest, 7);
  table.apply(1, {{8, 1, 1}}, record_offset(4), start_ms + 7 * day_ms);
  EXPECT_EQ(table.idle_producers(), 0U);
  EXPECT_EQ(told(table.look_up(1, {7, 2, 1})), "too_old 7+1; stored 8+1@4");
}

TEST(sequence_table, drops_the_oldest_idle_producer_beyond_the_bound) {
  sequence_table table({.idle_producers_most = 2});
  for (int i = 0; i < 3; ++i) table.apply(i, {{0, 1, 1}}, record_offset(i), start_ms + i);
  table.advance_time(start_ms + 8 * day_ms);
  EXPECT_EQ(table.idle_producers(), 2U);
  EXPECT_FALSE(table.marks_of(0));
  EXPECT_TRUE(table.marks_of(1));
}

TEST(sequence_table, goes_on_alike_after_encoding_and_decoding) {
  sequence_table table({.newest_batches_kept = 3, .runs_most = 20, .idle_producers_most = 2});
  sequence_table other({.newest_batches_kept = 3, .runs_most = 20, .idle_producers_most = 2});
  record_offset offset;
  for (int i = 0; i < 200; ++i) {
    const std::vector<kafka::sequence_run> runs = {{i * 4, 2, i}, {i * 4 + 3, 1, i}};
    table.apply(i % 7, runs, offset, start_ms + i * day_ms / 4);
    offset = offset + 3;
    const bytes data = encoded(table);
    byte_reader in(data);
    ASSERT_TRUE(other.decode(in));
    ASSERT_EQ(in.remaining(), 0U);
    ASSERT_EQ(encoded(other), data);
    const std::vector<kafka::sequence_run> next = {{i * 4 + 1000, 1, 1}};
    sequence_table copy({.newest_batches_kept = 3, .runs_most = 20, .idle_producers_most = 2});
    byte_reader again(data);
    ASSERT_TRUE(copy.decode(again));
    copy.apply(3, next, offset, start_ms + i * day_ms / 4);
    other.apply(3, next, offset, start_ms + i * day_ms / 4);
    ASSERT_EQ(encoded(copy), encoded(other));
  }
}

}  // namespace
}  // namespace marquee::broker
