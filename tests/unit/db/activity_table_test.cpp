#include "db/activity_table.h"

#include <gtest/gtest.h>

namespace marquee::db {
namespace {

activity_item producer(std::int64_t number, std::int64_t last_seen_ms) {
  return {{activity_kind::producer, number}, uuid{}, last_seen_ms};
}

TEST(activity_table, gives_the_oldest_first_and_keeps_the_newest_time_of_each) {
  activity_table table;
  table.note(producer(1, 300));
  table.note(producer(2, 100));
  table.note(producer(3, 200));
  table.note(producer(2, 400));
  table.note(producer(2, 50));
  table.merge(producer(3, 150));
  EXPECT_EQ(table.items(), (std::vector{producer(3, 200), producer(1, 300), producer(2, 400)}));
}

TEST(activity_table, number_of_a_producer_is_not_that_of_a_consumer_or_broker) {
  activity_table table;
  for (const activity_kind kind : {activity_kind::producer, activity_kind::consumer, activity_kind::broker})
    table.note({{kind, 7}, uuid{}, 100});
  EXPECT_EQ(table.size(), 3U);
}

TEST(activity_table, only_what_was_heard_here_is_written_and_each_time_once) {
  activity_table table;
  table.note(producer(2, 100));
  table.note(producer(1, 100));
  table.merge(producer(3, 100));
  EXPECT_EQ(table.take_unwritten(10), (std::vector{producer(1, 100), producer(2, 100)}));
  EXPECT_TRUE(table.take_unwritten(10).empty());
  table.note(producer(1, 200));
  table.merge(producer(2, 200));
  EXPECT_EQ(table.take_unwritten(10), (std::vector{producer(1, 200)}));
}

TEST(activity_table, what_could_not_be_written_is_written_later_as_it_is_then) {
  activity_table table;
  table.note(producer(1, 100));
  const auto taken = table.take_unwritten(10);
  table.put_back(taken);
  table.note(producer(1, 300));
  EXPECT_EQ(table.take_unwritten(10), (std::vector{producer(1, 300)}));
}

TEST(activity_table, group_is_bounded) {
  activity_table table;
  for (int n = 0; n < 30; ++n) table.note(producer(n, 100));
  EXPECT_EQ(table.take_unwritten(20).size(), 20U);
  EXPECT_EQ(table.take_unwritten(20).size(), 10U);
}

TEST(activity_table, forgets_who_was_silent_longest_when_it_is_full) {
  activity_table table(100);
  for (int n = 0; n < 1'000; ++n) {
    table.note(producer(n, 1'000 + n));
    ASSERT_LE(table.size(), 110U);
  }
  EXPECT_GE(table.size(), 100U);
  EXPECT_EQ(table.items().back(), producer(999, 1'999));
  EXPECT_GE(table.items().front().last_seen_ms, 1'880);
}

TEST(activity_table, tells_silence_once_until_it_ends) {
  activity_table table;
  table.note(producer(1, 100));
  table.note(producer(2, 500));
  EXPECT_EQ(table.take_newly_silent(1'100, 1'000), (std::vector{producer(1, 100)}));
  EXPECT_TRUE(table.take_newly_silent(1'200, 1'000).empty());
  table.note(producer(1, 1'200));
  EXPECT_EQ(table.take_newly_silent(3'000, 1'000), (std::vector{producer(2, 500), producer(1, 1'200)}));
}

TEST(activity_table, deleted_ones_vanish) {
  activity_table table;
  table.note(producer(1, 100));
  table.note(producer(2, 100));
  table.forget_if([](const activity_item& item) { return item.key.number == 1; });
  EXPECT_EQ(table.items(), (std::vector{producer(2, 100)}));
  EXPECT_EQ(table.take_unwritten(10).size(), 1U);
}

}  // namespace
}  // namespace marquee::db
