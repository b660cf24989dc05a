#include "raft/storage/wal_space.h"

#include <gtest/gtest.h>

#include <vector>

#include "base/random.h"
#include "raft/storage/wal_record.h"

namespace marquee::raft {
namespace {

constexpr std::uint64_t usable = 8000;

TEST(wal_space, has_no_room_without_files) {
  wal_space space(usable);
  EXPECT_FALSE(space.claim(std::vector<std::uint64_t>{80}, space_claim::urgent));
  space.add_file();
  EXPECT_TRUE(space.claim(std::vector<std::uint64_t>{80}, space_claim::urgent));
}

TEST(wal_space, record_never_crosses_the_end_of_a_file) {
  wal_space space(usable);
  space.restart(1000, 1);
  EXPECT_TRUE(space.claim(std::vector<std::uint64_t>{1200}, space_claim::urgent));
  EXPECT_EQ(space.free_files(), 0U) << "the rest of the first file is given up";
}

TEST(wal_space, refused_claim_takes_nothing) {
  wal_space space(usable);
  space.restart(1000, 0);
  EXPECT_FALSE(space.claim(std::vector<std::uint64_t>{600, 600}, space_claim::urgent));
  EXPECT_TRUE(space.claim(std::vector<std::uint64_t>{600}, space_claim::urgent));
}

TEST(wal_space, entries_leave_a_reserve_for_votes) {
  wal_space space(usable);
  space.restart(usable / 8 + 1000, 0);
  EXPECT_TRUE(space.claim(std::vector<std::uint64_t>{80}, space_claim::ordinary));
  EXPECT_FALSE(space.claim(std::vector<std::uint64_t>{600}, space_claim::ordinary));
  EXPECT_TRUE(space.claim(std::vector<std::uint64_t>{80}, space_claim::urgent));
}

TEST(wal_space, record_larger_than_a_file_never_fits) {
  wal_space space(usable);
  space.restart(usable, 5);
  EXPECT_FALSE(space.claim(std::vector<std::uint64_t>{usable + 8}, space_claim::urgent));
}

// The writer packs the same records, but ends its flushes elsewhere: whatever was let in must fit.
TEST(wal_space, never_lets_in_more_than_the_writer_can_place) {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    random_source random(seed);
    wal_space space(usable);
    space.restart(usable, 4);
    std::uint64_t left = usable;
    std::int64_t files = 4;
    bool flush_open = false;
    for (int i = 0; i < 200; ++i) {
      std::vector<std::uint64_t> rooms;
      for (std::uint64_t n = 1 + random.below(4); n > 0; --n)
        rooms.push_back(align_up(80 + random.below(3000), wal_record_alignment));
      if (!space.claim(rooms, space_claim::urgent)) break;
      for (const std::uint64_t room : rooms) {
        if (room > left) {
          --files;
          left = usable;
        }
        left -= room;
      }
      flush_open = random.chance(1, 2);
      if (!flush_open) left = left / wal_flush_alignment * wal_flush_alignment;
      ASSERT_GE(files, 0) << "seed " << seed;
    }
  }
}

}  // namespace
}  // namespace marquee::raft
