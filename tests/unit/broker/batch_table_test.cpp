#include "broker/batch_table.h"

#include <gtest/gtest.h>

namespace marquee::broker {
namespace {

batch_table example() {
  batch_table table;
  table.batches.push_back(
      {.length = 100,
       .record_count = 5,
       .max_timestamp_ms = 1234,
       .producer_id = 7,
       .runs = {{.sequence = 10, .count = 3, .hash = 99}, {.sequence = 20, .count = 2, .hash = -1}}});
  table.batches.push_back(
      {.length = 61, .record_count = 1, .producer_id = 9, .producer_epoch = 2, .base_sequence = 4});
  table.batches.push_back({.length = 70, .record_count = 2});
  return table;
}

TEST(batch_table, reads_back_what_it_wrote) {
  const auto read = decode_batch_table(encode_batch_table(example()));
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(*read, example());
  EXPECT_EQ(read->record_count(), 8);
}

TEST(batch_table, says_which_format_it_cannot_read) {
  bytes head = encode_batch_table(example());
  head[0] = 2;
  const auto read = decode_batch_table(head);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, error_code::unsupported);
}

TEST(batch_table, refuses_every_cut_and_survives_every_flipped_bit) {
  const bytes head = encode_batch_table(example());
  for (std::size_t size = 0; size < head.size(); ++size)
    EXPECT_FALSE(decode_batch_table(bytes_view(head).first(size))) << size;
  for (std::size_t bit = 0; bit < head.size() * 8; ++bit) {
    bytes damaged = head;
    damaged[bit / 8] ^= static_cast<std::uint8_t>(1 << (bit % 8));
    (void)decode_batch_table(damaged);
  }
}

TEST(batch_table, refuses_runs_that_do_not_add_up) {
  batch_table table = example();
  table.batches[0].record_count = 6;
  EXPECT_FALSE(decode_batch_table(encode_batch_table(table)));
}

}  // namespace
}  // namespace marquee::broker
