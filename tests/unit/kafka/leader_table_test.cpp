#include "kafka/leader_table.h"

#include <gtest/gtest.h>

namespace marquee::kafka {
namespace {

const group_id group{uuid{{1}}, partition_id(0)};
constexpr broker_id one(1), two(2);

TEST(leader_table, the_highest_term_wins_whatever_the_order_of_the_news) {
  leader_table table;
  EXPECT_TRUE(table.note(group, term_number(5), two));
  EXPECT_FALSE(table.note(group, term_number(4), one));
  EXPECT_EQ(table.leader_of(group), two);
}

TEST(leader_table, not_knowing_the_leader_of_a_term_says_nothing_against_knowing_it) {
  leader_table table;
  table.note(group, term_number(5), two);
  EXPECT_FALSE(table.note(group, term_number(5), std::nullopt));
  EXPECT_EQ(table.leader_of(group), two);
}

TEST(leader_table, a_newer_term_without_leader_ends_the_old_leadership) {
  leader_table table;
  table.note(group, term_number(5), two);
  EXPECT_TRUE(table.note(group, term_number(6), std::nullopt));
  EXPECT_EQ(table.leader_of(group), std::nullopt);
}

TEST(leader_table, a_broker_that_refused_is_forgotten_until_it_is_named_again) {
  leader_table table;
  table.note(group, term_number(5), two);
  table.note_not_leader(group, one);
  EXPECT_EQ(table.leader_of(group), two);
  table.note_not_leader(group, two);
  EXPECT_EQ(table.leader_of(group), std::nullopt);
  EXPECT_TRUE(table.note(group, term_number(5), two));
  EXPECT_EQ(table.leader_of(group), two);
}

TEST(leader_table, a_deleted_topic_takes_its_partitions_along) {
  leader_table table;
  table.note(group, term_number(5), two);
  table.forget_topic(group.topic_id);
  EXPECT_EQ(table.leader_of(group), std::nullopt);
  EXPECT_EQ(table.term_of(group), term_number(0));
}

}  // namespace
}  // namespace marquee::kafka
