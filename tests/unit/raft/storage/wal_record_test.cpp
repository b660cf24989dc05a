#include "raft/storage/wal_record.h"

#include <gtest/gtest.h>

#include "base/byte_codec.h"
#include "base/crc32c.h"
#include "tests/unit/raft/storage/store_under_test.h"

namespace marquee::raft {
namespace {

wal_record_header sample() {
  wal_record_header header;
  header.type = wal_record_type::truncate;
  header.generation = 5;
  header.lsn = 77;
  header.durable_lsn = 70;
  header.position = 4096;
  header.group = group_number(3);
  header.payload_bytes = 8;
  header.span = 512;
  header.payload_checksum = 99;
  return header;
}

TEST(wal_record, header_comes_back_as_it_was_written) {
  const auto decoded = decode_wal_header(encode_wal_header(sample()));
  ASSERT_TRUE(decoded) << decoded.error().message;
  EXPECT_EQ(decoded->type, wal_record_type::truncate);
  EXPECT_EQ(decoded->generation, 5U);
  EXPECT_EQ(decoded->lsn, 77U);
  EXPECT_EQ(decoded->durable_lsn, 70U);
  EXPECT_EQ(decoded->position, 4096U);
  EXPECT_EQ(decoded->group, group_number(3));
  EXPECT_EQ(decoded->payload_bytes, 8U);
  EXPECT_EQ(decoded->span, 512U);
  EXPECT_EQ(decoded->payload_checksum, 99U);
}

TEST(wal_record, header_with_any_flipped_bit_is_refused) {
  const encoded_wal_header good = encode_wal_header(sample());
  for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
    encoded_wal_header bad = good;
    bad[bit / 8] = static_cast<std::uint8_t>(bad[bit / 8] ^ (1U << (bit % 8)));
    EXPECT_FALSE(decode_wal_header(bad)) << bit;
  }
}

// raft-pitfalls 31
TEST(wal_record, zeros_are_no_record) {
  EXPECT_EQ(decode_wal_header(bytes(512)).error().code, error_code::corrupt);
}

// raft-pitfalls 39
TEST(wal_record, lengths_that_do_not_fit_each_other_are_refused_in_spite_of_a_right_checksum) {
  wal_record_header header = sample();
  header.payload_bytes = 0xffffffff;
  EXPECT_EQ(decode_wal_header(encode_wal_header(header)).error().code, error_code::corrupt);
}

TEST(wal_record, newer_format_version_says_so) {
  encoded_wal_header newer = encode_wal_header(sample());
  newer[4] = wal_record_format_version + 1;
  bytes checksum;
  byte_writer(checksum).put<std::uint32_t>(crc32c(bytes_view(newer).first(76)));
  std::copy(checksum.begin(), checksum.end(), newer.begin() + 76);
  EXPECT_EQ(decode_wal_header(newer).error().code, error_code::unsupported);
}

TEST(wal_record, entry_record_holds_the_encoded_entry) {
  const entry e = data_entry(4, 2, 10, 3, "payload");
  const wal_record record = wal_record::of_entry(group_number(1), e);
  EXPECT_EQ(record.payload_bytes(), e.encoded_bytes());
  bytes whole = record.front;
  whole.insert(whole.end(), record.head.data(), record.head.data() + record.head.size());
  for (const shared_bytes& part : record.payload)
    whole.insert(whole.end(), part.data(), part.data() + part.size());
  EXPECT_EQ(wal_payload_checksum(record), crc32c(whole));
  const auto decoded = decode_entry(shared_bytes::of(whole));
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->checksum, e.checksum);
}

}  // namespace
}  // namespace marquee::raft
