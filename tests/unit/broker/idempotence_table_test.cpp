#include "broker/idempotence_table.h"

#include <gtest/gtest.h>

namespace marquee::broker {
namespace {

using kind = idempotence_verdict::kind;
using kafka::kafka_error;
constexpr std::int64_t start_ms = 1'700'000'000'000;

/// Ten batches of one record in epoch 3: sequences 0 to 9 at offsets 100 to 109.
idempotence_table ten_batches() {
  idempotence_table table;
  for (int i = 0; i < 10; ++i) table.apply(1, {3, i, 1}, record_offset(100 + i), start_ms + i);
  return table;
}

TEST(idempotence_table, accepts_any_sequence_of_an_unknown_producer) {
  EXPECT_EQ(idempotence_table().check(1, {0, 17, 3}, {}, start_ms).what, kind::append);
}

TEST(idempotence_table, accepts_the_next_sequence) {
  EXPECT_EQ(ten_batches().check(1, {3, 10, 5}, {}, start_ms).what, kind::append);
}

TEST(idempotence_table, answers_one_of_the_last_five_with_its_offset) {
  const auto verdict = ten_batches().check(1, {3, 5, 1}, {}, start_ms);
  EXPECT_EQ(verdict.what, kind::duplicate);
  EXPECT_EQ(verdict.base_offset, record_offset(105));
  EXPECT_EQ(verdict.append_time_ms, start_ms + 5);
}

TEST(idempotence_table, refuses_duplicates_older_than_the_five_and_gaps_and_overlaps) {
  for (const idempotent_batch& bad : {idempotent_batch{3, 4, 1}, {3, 11, 1}, {3, 9, 2}}) {
    const auto verdict = ten_batches().check(1, bad, {}, start_ms);
    EXPECT_EQ(verdict.what, kind::refuse);
    EXPECT_EQ(verdict.error, kafka_error::out_of_order_sequence_number);
  }
}

TEST(idempotence_table, refuses_an_older_epoch) {
  EXPECT_EQ(ten_batches().check(1, {2, 0, 1}, {}, start_ms).error, kafka_error::invalid_producer_epoch);
}

TEST(idempotence_table, accepts_a_newer_epoch_from_sequence_zero_only) {
  EXPECT_EQ(ten_batches().check(1, {4, 0, 1}, {}, start_ms).what, kind::append);
  EXPECT_EQ(ten_batches().check(1, {4, 1, 1}, {}, start_ms).error, kafka_error::out_of_order_sequence_number);
}

TEST(idempotence_table, a_newer_epoch_empties_the_five) {
  idempotence_table table = ten_batches();
  table.apply(1, {4, 0, 1}, record_offset(110), start_ms);
  EXPECT_EQ(table.check(1, {4, 1, 1}, {}, start_ms).what, kind::append);
  EXPECT_EQ(table.check(1, {3, 9, 1}, {}, start_ms).error, kafka_error::invalid_producer_epoch);
}

TEST(idempotence_table, counts_what_is_appended_but_not_committed) {
  const std::vector<idempotent_batch> pending = {{3, 10, 1}, {3, 11, 1}};
  EXPECT_EQ(ten_batches().check(1, {3, 12, 1}, pending, start_ms).what, kind::append);
  EXPECT_EQ(ten_batches().check(1, {3, 10, 1}, {}, start_ms).what, kind::append);
  const auto verdict = ten_batches().check(1, {3, 11, 1}, pending, start_ms);
  EXPECT_EQ(verdict.what, kind::pending_duplicate);
  EXPECT_EQ(verdict.pending, 1U);
  EXPECT_EQ(ten_batches().check(1, {3, 9, 1}, pending, start_ms).what, kind::duplicate);
}

TEST(idempotence_table, wraps_sequences_after_the_largest) {
  idempotence_table table;
  table.apply(1, {0, 2147483646, 2}, record_offset(0), start_ms);
  EXPECT_EQ(table.check(1, {0, 0, 1}, {}, start_ms).what, kind::append);
  EXPECT_EQ(table.check(1, {0, 1, 1}, {}, start_ms).what, kind::refuse);
}

TEST(idempotence_table, forgets_a_producer_after_a_day) {
  idempotence_table table = ten_batches();
  table.advance_time(start_ms + idempotence_table::expiry_ms + 9);
  EXPECT_EQ(table.size(), 0U);
  EXPECT_EQ(table.check(1, {3, 77, 1}, {}, start_ms).what, kind::append);
}

TEST(idempotence_table, counts_a_producer_as_forgotten_when_its_day_is_over) {
  const idempotence_table table = ten_batches();
  const std::int64_t over = start_ms + 9 + idempotence_table::expiry_ms;
  EXPECT_EQ(table.check(1, {3, 77, 1}, {}, over - 1).error, kafka_error::out_of_order_sequence_number);
  EXPECT_EQ(table.check(1, {3, 77, 1}, {}, over).what, kind::append);
  EXPECT_EQ(table.check(1, {0, 5, 1}, {}, over).what, kind::append);
}

TEST(idempotence_table, an_older_epoch_is_refused_while_its_batches_are_still_pending) {
  const std::vector<idempotent_batch> pending = {{3, 10, 1}, {4, 0, 1}};
  EXPECT_EQ(ten_batches().check(1, {3, 10, 1}, pending, start_ms).error, kafka_error::invalid_producer_epoch);
  EXPECT_EQ(ten_batches().check(1, {3, 9, 1}, pending, start_ms).error, kafka_error::invalid_producer_epoch);
  EXPECT_EQ(ten_batches().check(1, {4, 0, 1}, pending, start_ms).what, kind::pending_duplicate);
  EXPECT_EQ(ten_batches().check(1, {4, 1, 1}, pending, start_ms).what, kind::append);
}

TEST(idempotence_table, wraps_within_a_batch_and_knows_it_again) {
  idempotence_table table;
  table.apply(1, {0, 2147483645, 5}, record_offset(40), start_ms);
  EXPECT_EQ(table.check(1, {0, 2, 1}, {}, start_ms).what, kind::append);
  EXPECT_EQ(table.check(1, {0, 0, 1}, {}, start_ms).what, kind::refuse);
  EXPECT_EQ(table.check(1, {0, 2147483645, 5}, {}, start_ms).base_offset, record_offset(40));
}

TEST(idempotence_table, reads_back_what_it_wrote) {
  idempotence_table table = ten_batches();
  table.apply(2, {0, 0, 4}, record_offset(110), start_ms + 20);
  bytes data;
  byte_writer out(data);
  table.encode(out);
  idempotence_table other;
  byte_reader in(data);
  ASSERT_TRUE(other.decode(in));
  bytes again;
  byte_writer out_again(again);
  other.encode(out_again);
  EXPECT_EQ(again, data);
  EXPECT_EQ(other.check(1, {3, 7, 1}, {}, start_ms).base_offset, record_offset(107));
  for (std::size_t size = 0; size < data.size(); ++size) {
    byte_reader cut(bytes_view(data).first(size));
    EXPECT_FALSE(other.decode(cut));
  }
}

}  // namespace
}  // namespace marquee::broker
