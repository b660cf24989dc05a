#include "raft/core/entry_codec.h"

#include <gtest/gtest.h>

#include "sample_entries.h"

namespace marquee::raft {
namespace {

using testing::encoded;
using testing::sample_entry;
using testing::sample_no_op;

void expect_equal(const entry& a, const entry& b) {
  EXPECT_EQ(a.term, b.term);
  EXPECT_EQ(a.index, b.index);
  EXPECT_EQ(a.type, b.type);
  EXPECT_EQ(a.base_offset, b.base_offset);
  EXPECT_EQ(a.record_count, b.record_count);
  EXPECT_EQ(a.append_time_ms, b.append_time_ms);
  EXPECT_EQ(a.checksum, b.checksum);
  EXPECT_EQ(encoded(a), encoded(b));
}

TEST(entry_codec, reads_back_what_it_wrote) {
  for (const entry& original : {sample_entry(3, 7), sample_no_op(1, 1)}) {
    const bytes data = encoded(original);
    EXPECT_EQ(data.size(), original.encoded_bytes());
    const auto back = decode_entry(shared_bytes::copy_of(data));
    ASSERT_TRUE(back) << back.error().message;
    expect_equal(original, *back);
    EXPECT_TRUE(verify_entry(*back));
  }
}

TEST(entry_codec, gives_windows_and_copies_no_payload) {
  const shared_bytes data = shared_bytes::of(encoded(sample_entry(3, 7)));
  const auto back = decode_entry(data);
  ASSERT_TRUE(back);
  EXPECT_EQ(back->head.data(), data.data() + entry_header_bytes);
  ASSERT_EQ(back->payload.size(), 1u);
  EXPECT_EQ(back->payload[0].text(), "first part, second part");
  EXPECT_EQ(back->payload[0].data(), data.data() + entry_header_bytes + 5);
}

TEST(entry_codec, ignores_what_follows_the_entry) {
  bytes data = encoded(sample_entry(3, 7));
  data.insert(data.end(), 100, 0xff);
  EXPECT_TRUE(decode_entry(shared_bytes::of(data)));
}

TEST(entry_codec, refuses_every_cut) {
  const bytes data = encoded(sample_entry(3, 7));
  for (std::size_t size = 0; size < data.size(); ++size) {
    const auto back = decode_entry(shared_bytes::copy_of(bytes_view(data).first(size)));
    ASSERT_FALSE(back) << "cut after " << size;
    EXPECT_EQ(back.error().code, error_code::corrupt);
  }
}

// Pitfall 37 and 39: place and length are inside the checksummed header.
TEST(entry_codec, refuses_every_flipped_bit) {
  const bytes data = encoded(sample_entry(3, 7));
  for (std::size_t bit = 0; bit < data.size() * 8; ++bit) {
    bytes damaged = data;
    damaged[bit / 8] ^= static_cast<std::uint8_t>(1u << (bit % 8));
    const auto back = decode_entry(shared_bytes::of(damaged));
    ASSERT_FALSE(back) << "bit " << bit;
    EXPECT_EQ(back.error().code, error_code::corrupt) << "bit " << bit;
  }
}

// Pitfall 31: zero-filled space is not an entry.
TEST(entry_codec, refuses_zeroes) {
  EXPECT_FALSE(decode_entry(shared_bytes::of(bytes(256, 0))));
}

TEST(entry_codec, checksum_covers_the_type) {
  entry e = sample_entry(3, 7);
  e.type = entry_type::marker;
  EXPECT_FALSE(verify_entry(e));
}

TEST(entry_codec, checksum_does_not_depend_on_how_the_payload_is_cut) {
  entry e = sample_entry(3, 7);
  e.payload = {shared_bytes::of(std::string("first part, second part"))};
  EXPECT_TRUE(verify_entry(e));
}

TEST(entry_codec, refuses_an_internal_entry_that_claims_records) {
  entry e = sample_no_op(1, 1);
  e.record_count = 1;
  seal_entry(e);
  const auto back = decode_entry(shared_bytes::of(encoded(e)));
  ASSERT_FALSE(back);
  EXPECT_EQ(back.error().code, error_code::corrupt);
}

TEST(entry_codec, refuses_an_entry_of_a_type_from_the_future) {
  entry e = sample_no_op(1, 1);
  e.type = static_cast<entry_type>(99);
  seal_entry(e);
  const auto back = decode_entry(shared_bytes::of(encoded(e)));
  ASSERT_FALSE(back);
  EXPECT_EQ(back.error().code, error_code::unsupported);
}

}  // namespace
}  // namespace marquee::raft
