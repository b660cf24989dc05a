#include "kafka/partitioner.h"

#include <gtest/gtest.h>

namespace marquee::kafka {
namespace {

TEST(partitioner, murmur2_gives_the_values_of_kafkas_own_tests) {
  EXPECT_EQ(murmur2(as_bytes("21")), -973932308);
  EXPECT_EQ(murmur2(as_bytes("foobar")), -790332482);
  EXPECT_EQ(murmur2(as_bytes("a-little-bit-long-string")), -985981536);
  EXPECT_EQ(murmur2(as_bytes("a-little-bit-longer-string")), -1486304829);
  EXPECT_EQ(murmur2(as_bytes("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8")), -58897971);
  EXPECT_EQ(murmur2(as_bytes("abc")), 479470107);
}

TEST(partitioner, negative_hashes_still_give_a_partition) {
  EXPECT_EQ(partition_of_key(as_bytes("21"), 7), partition_id((-973932308 & 0x7fffffff) % 7));
  EXPECT_EQ(partition_of_key(as_bytes("foobar"), 1), partition_id(0));
  EXPECT_EQ(partition_of_key({}, 3), partition_id((murmur2({}) & 0x7fffffff) % 3));
}

}  // namespace
}  // namespace marquee::kafka
