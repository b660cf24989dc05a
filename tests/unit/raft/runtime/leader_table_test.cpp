#include "raft/runtime/leader_table.h"

#include <gtest/gtest.h>

#include "tests/unit/raft/runtime/cluster_fixture.h"

namespace marquee::raft {
namespace {
using namespace testing;

group_leader news(int partition, int term, int broker) {
  return {group_of(partition), term_number(term), replica_of(broker)};
}

TEST(leader_table, highest_term_wins) {
  leader_table table;
  EXPECT_TRUE(table.note(news(0, 5, 1)));
  EXPECT_FALSE(table.note(news(0, 4, 2)));
  EXPECT_FALSE(table.note(news(0, 5, 1)));
  EXPECT_TRUE(table.note(news(0, 6, 2)));
  EXPECT_EQ(table.find(group_of(0))->leader, replica_of(2));
}

TEST(leader_table, tells_what_changed_since_a_version_oldest_first) {
  leader_table table;
  EXPECT_EQ(table.version(), 0u);
  table.note(news(0, 1, 1));
  table.note(news(1, 1, 2));
  const auto all = table.since(0);
  EXPECT_EQ(all.leaders, (std::vector{news(0, 1, 1), news(1, 1, 2)}));
  table.note(news(0, 2, 3));
  const auto changed = table.since(all.version);
  EXPECT_EQ(changed.leaders, (std::vector{news(0, 2, 3)}));
  EXPECT_TRUE(table.since(changed.version).leaders.empty());
}

TEST(leader_table, hands_out_many_changes_in_parts_without_losing_any) {
  leader_table table;
  for (int partition = 0; partition < 10; ++partition) table.note(news(partition, 1, 1));
  std::size_t seen = 0;
  std::uint64_t version = 0;
  for (int part = 0; part < 4; ++part) {
    const auto changes = table.since(version, 3);
    seen += changes.leaders.size();
    version = changes.version;
  }
  EXPECT_EQ(seen, 10u);
}

TEST(leader_table, calls_back_once_per_change_and_not_without_one) {
  leader_table table;
  int calls = 0;
  table.on_change([&](std::uint64_t) { ++calls; });
  table.note_all({news(0, 1, 1), news(1, 1, 1)});
  table.note_all({news(0, 1, 1)});
  EXPECT_EQ(calls, 1);
}

TEST(leader_table, forgets_deleted_groups) {
  leader_table table;
  table.note(news(0, 1, 1));
  table.forget(group_of(0));
  table.forget(group_of(1));
  EXPECT_FALSE(table.find(group_of(0)).has_value());
  EXPECT_TRUE(table.since(0).leaders.empty());
}

}  // namespace
}  // namespace marquee::raft
