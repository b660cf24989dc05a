#include "kafka/compression.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "base/byte_codec.h"
#include "kafka/batch_validation.h"
#include "kafka/decompression.h"
#include "kafka/record_batch_builder.h"
#include "kafka/record_cursor.h"

namespace marquee::kafka {
namespace {

constexpr std::size_t enough = std::size_t{16} << 20;

struct codec_case {
  compression codec;
  snappy_framing framing;
  const char* name;
};
void PrintTo(const codec_case& one, std::ostream* out) {
  *out << one.name;
}

class every_codec : public testing::TestWithParam<codec_case> {
 protected:
  [[nodiscard]] bytes packed(bytes_view data) const {
    return compress(GetParam().codec, data, GetParam().framing);
  }
  [[nodiscard]] result<bytes> unpacked(bytes_view data, std::size_t most = enough) const {
    return decompress(GetParam().codec, data, most);
  }
  [[nodiscard]] bytes batch_of(int records, std::size_t value_size) const {
    record_batch_builder builder;
    const std::string value(value_size, 'v');
    for (int i = 0; i < records; ++i) builder.add({1000 + i, std::nullopt, as_bytes(value), {}});
    builder.set_compression(GetParam().codec, GetParam().framing);
    return builder.finish();
  }
};

INSTANTIATE_TEST_SUITE_P(codecs, every_codec,
                         testing::Values(codec_case{compression::gzip, {}, "gzip"},
                                         codec_case{compression::snappy, snappy_framing::raw, "snappy"},
                                         codec_case{compression::snappy, snappy_framing::xerial, "xerial"},
                                         codec_case{compression::lz4, {}, "lz4"},
                                         codec_case{compression::zstd, {}, "zstd"}),
                         [](const auto& one) { return std::string(one.param.name); });

bytes noise(std::size_t size) {
  std::mt19937 random(7);
  bytes data(size);
  for (std::uint8_t& octet : data) octet = static_cast<std::uint8_t>(random());
  return data;
}

kafka_error verdict_on(const bytes& batch, const batch_rules& rules = {}) {
  return validate_batches(shared_bytes::copy_of(batch), rules).error;
}

/// Replaces the records of a batch by other bytes and makes length and checksum right again.
bytes with_records(const bytes& batch, bytes_view records) {
  bytes made(batch.begin(), batch.begin() + batch_layout::records);
  made.insert(made.end(), records.begin(), records.end());
  byte_writer out(made);
  out.put_at(batch_layout::batch_length,
             static_cast<std::int32_t>(made.size() - batch_layout::length_prefix));
  out.put_at(batch_layout::crc, compute_batch_crc(made));
  return made;
}

TEST_P(every_codec, gives_back_what_was_compressed) {
  for (const std::size_t size : {1, 100, 4095, 4096, 4097, 32768, 32769, 1'000'000}) {
    const bytes data = noise(size);
    EXPECT_EQ(unpacked(packed(data)), data) << size;
  }
  const bytes zeros(3'000'000, 0);
  EXPECT_LT(packed(zeros).size(), zeros.size() / 10);
  EXPECT_EQ(unpacked(packed(zeros)), zeros);
}

TEST_P(every_codec, stops_at_the_limit_and_not_before) {
  const bytes data(1'000'000, 7);
  const bytes small = packed(data);
  EXPECT_TRUE(unpacked(small, data.size()));
  const auto over = unpacked(small, data.size() - 1);
  ASSERT_FALSE(over);
  EXPECT_EQ(over.error().code, error_code::too_large);
}

TEST_P(every_codec, what_is_cut_off_is_corrupt_at_every_length) {
  const bytes whole = packed(noise(200));
  for (std::size_t size = 0; size < whole.size(); ++size) {
    // Whole frames of xerial stand for themselves, so the cut behind its header is an empty stream.
    if (GetParam().framing == snappy_framing::xerial && size == 16) continue;
    const auto cut = unpacked(bytes_view(whole).first(size));
    ASSERT_FALSE(cut) << size;
    EXPECT_EQ(cut.error().code, error_code::corrupt) << size;
  }
}

TEST_P(every_codec, bytes_behind_the_end_are_corrupt) {
  bytes more = packed(noise(200));
  more.insert(more.end(), {'m', 'o', 'r', 'e', '!'});
  EXPECT_FALSE(unpacked(more));
}

TEST_P(every_codec, flipped_bits_never_do_harm) {
  const bytes whole = packed(bytes(5000, 'a'));
  for (std::size_t bit = 0; bit < whole.size() * 8; ++bit) {
    bytes flipped = whole;
    flipped[bit / 8] = static_cast<std::uint8_t>(flipped[bit / 8] ^ (1U << (bit % 8)));
    const auto out = unpacked(flipped, 100'000);
    if (out) EXPECT_LE(out->size(), 100'000U);
  }
}

TEST_P(every_codec, noise_is_corrupt) {
  EXPECT_FALSE(unpacked(noise(10'000)));
  EXPECT_FALSE(unpacked({}));
}

TEST_P(every_codec, the_cursor_reads_a_compressed_batch_and_keeps_what_its_views_point_to) {
  const bytes batch = batch_of(1000, 50);
  EXPECT_LT(batch.size(), 20'000U);
  shared_bytes kept;
  std::vector<record_view> records;
  {
    record_cursor cursor(batch);
    kept = cursor.decompressed();
    record_view record;
    while (cursor.next(record)) records.push_back(record);
    EXPECT_FALSE(cursor.failed());
  }
  ASSERT_EQ(records.size(), 1000U);
  EXPECT_EQ(as_text(*records[999].value), std::string(50, 'v'));
  EXPECT_EQ(records[999].timestamp_ms, 1999);
}

TEST_P(every_codec, a_compressed_batch_is_accepted_as_it_is) {
  const bytes batch = batch_of(20, 50);
  const batch_verdict verdict = validate_batches(shared_bytes::copy_of(batch), {});
  ASSERT_EQ(verdict.error, kafka_error::none) << verdict.message;
  EXPECT_EQ(verdict.batches.at(0).data, shared_bytes::copy_of(batch));
  EXPECT_EQ(verdict.batches.at(0).max_timestamp_ms, 1019);
}

TEST_P(every_codec, a_batch_that_grows_too_much_is_too_large) {
  const bytes bomb = batch_of(10, 100'000);
  EXPECT_LT(bomb.size(), 60'000U);
  EXPECT_EQ(verdict_on(bomb, {.max_batch_bytes = 60'000, .max_decompressed_bytes = 480'000}),
            kafka_error::message_too_large);
  EXPECT_EQ(verdict_on(bomb, {.max_batch_bytes = 60'000, .max_decompressed_bytes = 1'100'000}),
            kafka_error::none);
}

TEST_P(every_codec, damage_under_a_right_checksum_is_a_corrupt_message) {
  const bytes batch = batch_of(2, 10);
  EXPECT_EQ(verdict_on(with_records(batch, noise(300))), kafka_error::corrupt_message);
  EXPECT_EQ(verdict_on(with_records(batch, {})), kafka_error::corrupt_message);
}

TEST_P(every_codec, records_that_do_not_parse_are_invalid) {
  const bytes batch = batch_of(2, 10);
  EXPECT_EQ(verdict_on(with_records(batch, packed(noise(300)))), kafka_error::invalid_record);
  bytes third = batch_of(3, 10);
  byte_writer(third).put_at(batch_layout::record_count, 2);
  byte_writer(third).put_at(batch_layout::last_offset_delta, 1);
  EXPECT_EQ(verdict_on(with_records(third, bytes_view(third).subspan(batch_layout::records))),
            kafka_error::invalid_record);
}

TEST(decompression, several_gzip_members_follow_each_other) {
  bytes two = compress(compression::gzip, as_bytes("one "));
  const bytes second = compress(compression::gzip, as_bytes("two"));
  two.insert(two.end(), second.begin(), second.end());
  EXPECT_EQ(as_text(*decompress(compression::gzip, two, 100)), "one two");
}

TEST(decompression, a_raw_snappy_block_that_claims_more_than_it_can_hold_is_not_believed) {
  bytes liar;
  byte_writer(liar).put_uvarint(std::uint64_t{1} << 30);
  liar.insert(liar.end(), 20, 0);
  EXPECT_EQ(decompress(compression::snappy, liar, std::size_t{1} << 31).error().code, error_code::corrupt);
}

TEST(decompression, a_negative_block_length_in_xerial_framing_is_corrupt) {
  bytes framed = compress(compression::snappy, as_bytes("text"), snappy_framing::xerial);
  byte_writer(framed).put_at<std::int32_t>(16, -5);
  EXPECT_EQ(decompress(compression::snappy, framed, 100).error().code, error_code::corrupt);
}

TEST(decompression, codecs_that_do_not_exist_are_unsupported) {
  EXPECT_EQ(decompress(static_cast<compression>(5), as_bytes("x"), 100).error().code,
            error_code::unsupported);
}

TEST(batch_validation, zstd_is_refused_where_the_clients_version_does_not_know_it) {
  record_batch_builder builder;
  builder.add({1, std::nullopt, as_bytes("v"), {}});
  builder.set_compression(compression::zstd);
  const bytes batch = builder.finish();
  EXPECT_EQ(verdict_on(batch, {.zstd = batch_rules::zstd_batches::refused}),
            kafka_error::unsupported_compression_type);
  EXPECT_EQ(verdict_on(batch), kafka_error::none);
}

}  // namespace
}  // namespace marquee::kafka
