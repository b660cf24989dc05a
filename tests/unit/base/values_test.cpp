#include <gtest/gtest.h>

#include <limits>
#include <set>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/random.h"
#include "base/types.h"
#include "base/uuid.h"

namespace marquee {
namespace {

TEST(uuid, gives_back_the_text_that_it_was_read_from) {
  const std::string text = "01234567-89ab-4def-8123-456789abcdef";
  const auto id = uuid::parse(text);
  ASSERT_TRUE(id);
  EXPECT_EQ(to_string(*id), text);
  EXPECT_EQ(uuid::parse("01234567-89AB-4DEF-8123-456789ABCDEF"), id);
}

TEST(uuid, refuses_every_other_form) {
  for (const char* text : {"", "0123456789ab4def8123456789abcdef", "01234567-89ab-4def-8123-456789abcde",
                           "01234567-89ab-4def-8123-456789abcdefa", "01234567089ab-4def-8123-456789abcdef",
                           "g1234567-89ab-4def-8123-456789abcdef", "{1234567-89ab-4def-8123-456789abcde}"})
    EXPECT_FALSE(uuid::parse(text)) << text;
}

TEST(uuid, random_ones_differ_and_say_version_4) {
  std::set<uuid> seen;
  for (int i = 0; i < 1000; ++i) {
    const uuid id = uuid::random();
    EXPECT_EQ(to_string(id)[14], '4');
    EXPECT_TRUE(seen.insert(id).second);
  }
  EXPECT_TRUE(uuid{}.is_none());
}

TEST(strong_type, counts_and_compares) {
  record_offset offset(41);
  ++offset;
  EXPECT_EQ(offset, record_offset(42));
  EXPECT_EQ(offset + 8, record_offset(50));
  EXPECT_EQ(record_offset(50) - offset, 8);
  EXPECT_LT(log_index(1), log_index(2));
}

TEST(group_id, reads_as_topic_and_partition) {
  const group_id group{*uuid::parse("01234567-89ab-4def-8123-456789abcdef"), partition_id(7)};
  EXPECT_EQ(to_string(group), "01234567-89ab-4def-8123-456789abcdef/7");
  EXPECT_EQ(to_string(replica_id{broker_id(2), incarnation_id(77)}), "2.77");
}

TEST(replica_id, hashes_incarnations_of_any_size) {
  const std::hash<replica_id> hash;
  const replica_id large{broker_id(2), incarnation_id(std::numeric_limits<std::int64_t>::max())};
  EXPECT_NE(hash(large), hash({broker_id(3), large.incarnation}));
  EXPECT_EQ(hash(large), hash(replica_id(large)));
}

TEST(shared_bytes, slices_share_one_buffer_that_outlives_the_first_window) {
  shared_bytes slice;
  const std::uint8_t* inside = nullptr;
  {
    const shared_bytes whole = shared_bytes::of(std::string(1000, 'x') + "tail");
    slice = whole.slice(1000);
    inside = whole.data() + 1000;
  }
  EXPECT_EQ(slice.text(), "tail");
  EXPECT_EQ(slice.data(), inside);
  EXPECT_EQ(slice, shared_bytes::copy_of(as_bytes("tail")));
}

TEST(shared_bytes_death_test, stops_at_a_slice_outside_its_buffer) {
  const shared_bytes data = shared_bytes::of(bytes{1, 2, 3});
  EXPECT_DEATH((void)data.slice(2, 2), "slice lies outside its buffer");
}

TEST(random_source, repeats_itself_for_equal_seeds) {
  random_source first(7);
  random_source second(7);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(first.next(), second.next());
}

TEST(random_source, stays_within_bounds) {
  random_source random(1);
  for (int i = 0; i < 1000; ++i) {
    EXPECT_LT(random.below(3), 3U);
    const std::int64_t value = random.between(-2, 2);
    EXPECT_GE(value, -2);
    EXPECT_LE(value, 2);
  }
}

TEST(simulated_clock, goes_on_only_when_told) {
  simulated_clock clock(1000);
  clock.advance_ms(5);
  EXPECT_EQ(clock.wall_ms(), 1005);
  EXPECT_EQ(clock.monotonic_ms(), 5);
  clock.set_wall_ms(1);
  EXPECT_EQ(clock.wall_ms(), 1);
  EXPECT_EQ(clock.monotonic_ms(), 5);
}

TEST(system_clock, knows_this_century_and_does_not_go_back) {
  const system_clock clock;
  EXPECT_GT(clock.wall_ms(), 1'577'836'800'000);
  const std::int64_t before = clock.monotonic_us();
  EXPECT_GE(clock.monotonic_us(), before);
}

}  // namespace
}  // namespace marquee
