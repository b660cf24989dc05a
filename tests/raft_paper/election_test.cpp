#include <gtest/gtest.h>

#include "tests/raft_paper/test_group.h"

/// Raft paper 5.2 and 5.4.1, thesis 6.2 and 9.6: how a leader is chosen.
namespace marquee::raft::testing {
namespace {

// Raft paper 5.2: "a candidate wins an election if it receives votes from a majority".
TEST(election, a_group_of_any_size_elects_one_leader) {
  for (const int size : {1, 2, 3, 4, 5, 7}) {
    test_group group(size);
    EXPECT_NE(group.elect(), 0) << size;
    int leaders = 0;
    for (int number = 1; number <= size; ++number) leaders += group[number].core().is_leader() ? 1 : 0;
    EXPECT_EQ(leaders, 1) << size;
  }
}

}  // namespace
}  // namespace marquee::raft::testing
