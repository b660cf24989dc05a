#include "kafka/record_batch.h"

#include <gtest/gtest.h>

#include "base/byte_codec.h"
#include "kafka/batch_validation.h"
#include "kafka/record_batch_builder.h"
#include "kafka/record_cursor.h"

namespace marquee::kafka {
namespace {

bytes batch_of(int records, std::int64_t first_timestamp = 1000) {
  record_batch_builder builder;
  for (int i = 0; i < records; ++i) {
    const std::string key = "key" + std::to_string(i);
    builder.add({first_timestamp + i, as_bytes(key), as_bytes("value"), {}});
  }
  return builder.finish();
}

template <std::integral T>
bytes with(bytes batch, std::size_t position, T value) {
  byte_writer(batch).put_at(position, value);
  return batch;
}
/// Makes the checksum right again, so that a test reaches the check behind it.
bytes sealed(bytes batch) {
  const std::uint32_t crc = compute_batch_crc(batch);
  byte_writer(batch).put_at(batch_layout::crc, crc);
  return batch;
}
kafka_error verdict_on(const bytes& records, const batch_rules& rules = {}) {
  return validate_batches(shared_bytes::copy_of(records), rules).error;
}

TEST(record_batch, what_the_builder_writes_the_cursor_reads) {
  record_batch_builder builder;
  const std::string null_byte("\0\xff", 2);
  builder.add({500, as_bytes("k"), as_bytes("v"), {{"h", as_bytes(null_byte)}, {"none", std::nullopt}}});
  builder.add({400, std::nullopt, std::nullopt, {}});
  builder.add({600, bytes_view{}, bytes_view{}, {}});
  const bytes batch = builder.finish();
  record_cursor cursor(batch);
  record_view record;
  ASSERT_TRUE(cursor.next(record));
  EXPECT_EQ(record.timestamp_ms, 500);
  EXPECT_EQ(as_text(*record.headers.at(0).value), null_byte);
  EXPECT_FALSE(record.headers.at(1).value);
  ASSERT_TRUE(cursor.next(record));
  EXPECT_EQ(record.timestamp_ms, 400);
  EXPECT_EQ(record.offset, 1);
  EXPECT_FALSE(record.key);
  EXPECT_FALSE(record.value);
  EXPECT_TRUE(record.headers.empty());
  ASSERT_TRUE(cursor.next(record));
  EXPECT_TRUE(record.key && record.key->empty());
  EXPECT_TRUE(record.value && record.value->empty());
  EXPECT_FALSE(cursor.next(record));
  EXPECT_FALSE(cursor.failed());
  EXPECT_EQ(cursor.header().max_timestamp, 600);
  EXPECT_EQ(verdict_on(batch), kafka_error::none);
}

TEST(record_batch, offset_and_epoch_are_set_without_touching_the_checksum) {
  bytes batch = batch_of(3);
  set_offset_and_epoch(batch, 1234, 7);
  const result<batch_header> header = read_batch_header(batch);
  ASSERT_TRUE(header);
  EXPECT_EQ(header->base_offset, 1234);
  EXPECT_EQ(header->partition_leader_epoch, 7);
  EXPECT_EQ(header->last_offset(), 1236);
  EXPECT_EQ(header->crc, compute_batch_crc(batch));
}

TEST(record_batch, append_time_counts_for_every_record_and_reseals_the_batch) {
  bytes batch = batch_of(2);
  set_append_time(batch, 9999);
  const result<batch_header> header = read_batch_header(batch);
  EXPECT_TRUE(header->has_append_time());
  EXPECT_EQ(header->crc, compute_batch_crc(batch));
  record_cursor cursor(batch);
  record_view record;
  while (cursor.next(record)) EXPECT_EQ(record.timestamp_ms, 9999);
  EXPECT_FALSE(cursor.failed());
}

TEST(batch_validation, no_batch_at_all_is_an_invalid_record) {
  EXPECT_EQ(verdict_on({}), kafka_error::invalid_record);
  EXPECT_EQ(verdict_on(bytes(16, 0)), kafka_error::invalid_record);
  bytes cut = batch_of(1);
  cut.pop_back();
  EXPECT_EQ(verdict_on(cut), kafka_error::invalid_record);
}

TEST(batch_validation, a_cut_fragment_after_a_whole_batch_is_ignored) {
  bytes records = batch_of(1);
  const bytes second = batch_of(1);
  records.insert(records.end(), second.begin(), second.end() - 5);
  const batch_verdict verdict = validate_batches(shared_bytes::copy_of(records), {});
  EXPECT_EQ(verdict.error, kafka_error::none);
  EXPECT_EQ(verdict.batches.size(), 1U);
}

TEST(batch_validation, several_batches_are_for_our_managers_only) {
  bytes records = batch_of(1);
  const bytes second = batch_of(2);
  records.insert(records.end(), second.begin(), second.end());
  EXPECT_EQ(verdict_on(records), kafka_error::invalid_record);
  const batch_verdict verdict =
      validate_batches(shared_bytes::copy_of(records), {.allowed = batch_rules::batches::several});
  EXPECT_EQ(verdict.error, kafka_error::none);
  ASSERT_EQ(verdict.batches.size(), 2U);
  EXPECT_EQ(verdict.batches[1].header.record_count, 2);
  EXPECT_EQ(verdict.batches[1].data.size(), second.size());
}

TEST(batch_validation, absurd_lengths_and_formats_are_corrupt) {
  EXPECT_EQ(verdict_on(with<std::int32_t>(batch_of(1), batch_layout::batch_length, 13)),
            kafka_error::corrupt_message);
  EXPECT_EQ(verdict_on(with<std::int32_t>(batch_of(1), batch_layout::batch_length, -1)),
            kafka_error::corrupt_message);
  EXPECT_EQ(verdict_on(with<std::int32_t>(batch_of(1), batch_layout::batch_length, INT32_MAX)),
            kafka_error::invalid_record);
  EXPECT_EQ(verdict_on(with<std::int8_t>(batch_of(1), batch_layout::magic, 3)), kafka_error::corrupt_message);
  EXPECT_EQ(verdict_on(with<std::int8_t>(batch_of(1), batch_layout::magic, 1)), kafka_error::invalid_record);
}

TEST(batch_validation, a_short_batch_that_claims_to_be_whole_is_corrupt) {
  bytes batch = batch_of(1);
  batch.resize(40);
  EXPECT_EQ(verdict_on(with<std::int32_t>(batch, batch_layout::batch_length, 28)),
            kafka_error::corrupt_message);
}

TEST(batch_validation, base_offset_is_looked_at_before_size_and_size_before_checksum) {
  const bytes batch = batch_of(1);
  const batch_rules tight{.max_batch_bytes = static_cast<std::int32_t>(batch.size()) - 1};
  EXPECT_EQ(verdict_on(with<std::int64_t>(batch, 0, 5), tight), kafka_error::invalid_record);
  EXPECT_EQ(verdict_on(with<std::uint32_t>(batch, batch_layout::crc, 1), tight),
            kafka_error::message_too_large);
  EXPECT_EQ(verdict_on(with<std::uint32_t>(batch, batch_layout::crc, 1)), kafka_error::corrupt_message);
  EXPECT_EQ(verdict_on(batch, {.max_batch_bytes = static_cast<std::int32_t>(batch.size())}),
            kafka_error::none);
}

TEST(batch_validation, counts_that_disagree_are_invalid_records) {
  EXPECT_EQ(verdict_on(sealed(with<std::int32_t>(batch_of(2), batch_layout::last_offset_delta, 2))),
            kafka_error::invalid_record);
  EXPECT_EQ(verdict_on(sealed(with<std::int32_t>(batch_of(2), batch_layout::record_count, 0))),
            kafka_error::invalid_record);
  bytes more = with<std::int32_t>(batch_of(2), batch_layout::record_count, 3);
  EXPECT_EQ(verdict_on(sealed(with<std::int32_t>(more, batch_layout::last_offset_delta, 2))),
            kafka_error::invalid_record);
  bytes fewer = with<std::int32_t>(batch_of(2), batch_layout::record_count, 1);
  EXPECT_EQ(verdict_on(sealed(with<std::int32_t>(fewer, batch_layout::last_offset_delta, 0))),
            kafka_error::invalid_record);
}

TEST(batch_validation, control_batches_and_producers_without_sequence_are_invalid_records) {
  EXPECT_EQ(verdict_on(sealed(with<std::int16_t>(batch_of(1), batch_layout::attributes, 0x20))),
            kafka_error::invalid_record);
  EXPECT_EQ(verdict_on(sealed(with<std::int64_t>(batch_of(1), batch_layout::producer_id, 5))),
            kafka_error::invalid_record);
}

TEST(batch_validation, append_time_transactions_and_compression_have_codes_of_their_own) {
  const auto attributes = [](std::int16_t value) {
    return verdict_on(sealed(with(batch_of(1), batch_layout::attributes, value)));
  };
  EXPECT_EQ(attributes(0x08), kafka_error::invalid_timestamp);
  EXPECT_EQ(attributes(0x10), kafka_error::invalid_txn_state);
  EXPECT_EQ(attributes(1), kafka_error::corrupt_message);  // not gzip
  EXPECT_EQ(attributes(5), kafka_error::unsupported_compression_type);
  EXPECT_EQ(attributes(7), kafka_error::unsupported_compression_type);
}

TEST(batch_validation, the_checksum_is_looked_at_before_anything_is_decompressed) {
  const bytes compressed = with<std::int16_t>(batch_of(1), batch_layout::attributes, 1);
  EXPECT_EQ(verdict_on(compressed), kafka_error::corrupt_message);  // the checksum is wrong now
}

TEST(batch_validation, records_without_key_are_named_where_keys_are_needed) {
  record_batch_builder builder;
  builder.add({1, as_bytes("k"), as_bytes("v"), {}});
  builder.add({1, std::nullopt, as_bytes("v"), {}});
  const batch_verdict verdict =
      validate_batches(shared_bytes::of(builder.finish()), {.keys = batch_rules::null_keys::refused});
  EXPECT_EQ(verdict.error, kafka_error::invalid_record);
  EXPECT_EQ(verdict.record_indexes, std::vector<std::int32_t>{1});
}

TEST(batch_validation, a_wrong_largest_timestamp_is_told_so_that_it_can_be_corrected) {
  const batch_verdict verdict = validate_batches(
      shared_bytes::of(sealed(with<std::int64_t>(batch_of(2, 700), batch_layout::max_timestamp, 5))), {});
  ASSERT_EQ(verdict.error, kafka_error::none);
  EXPECT_EQ(verdict.batches[0].max_timestamp_ms, 701);
}

TEST(batch_validation, extreme_timestamps_do_not_overflow) {
  record_batch_builder builder;
  builder.add({INT64_MAX, std::nullopt, as_bytes("v"), {}});
  bytes batch = sealed(with<std::int64_t>(builder.finish(), batch_layout::base_timestamp, INT64_MIN));
  EXPECT_EQ(verdict_on(batch), kafka_error::none);
}

}  // namespace
}  // namespace marquee::kafka
