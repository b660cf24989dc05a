#include "raft/core/message_codec.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/byte_codec.h"
#include "base/crc32c.h"
#include "base/random.h"
#include "sample_entries.h"

namespace marquee::raft {
namespace {

using testing::encoded;
using testing::joined;
using testing::sample_entry;
using testing::sample_no_op;

message sample_append() {
  message m;
  m.type = message_type::append_request;
  m.from = {broker_id(1), incarnation_id(11)};
  m.to = {broker_id(2), incarnation_id(22)};
  m.term = term_number(5);
  m.index = log_index(6);
  m.index_term = term_number(3);
  m.commit = log_index(4);
  m.entries = {sample_entry(3, 7), sample_no_op(4, 8), sample_no_op(4, 9), sample_entry(5, 10)};
  return m;
}

message sample_rejection() {
  message m;
  m.type = message_type::append_response;
  m.term = term_number(5);
  m.index = log_index(6);
  m.rejected = true;
  m.transfer = true;
  m.hint_index = log_index(2);
  m.hint_term = term_number(1);
  m.context = 0xfedcba9876543210ULL;
  return m;
}

void expect_equal(const message& a, const message& b) {
  EXPECT_EQ(a.type, b.type);
  EXPECT_EQ(a.from, b.from);
  EXPECT_EQ(a.to, b.to);
  EXPECT_EQ(a.term, b.term);
  EXPECT_EQ(a.index, b.index);
  EXPECT_EQ(a.index_term, b.index_term);
  EXPECT_EQ(a.commit, b.commit);
  EXPECT_EQ(a.rejected, b.rejected);
  EXPECT_EQ(a.hint_index, b.hint_index);
  EXPECT_EQ(a.hint_term, b.hint_term);
  EXPECT_EQ(a.context, b.context);
  EXPECT_EQ(a.transfer, b.transfer);
  ASSERT_EQ(a.entries.size(), b.entries.size());
  for (std::size_t i = 0; i < a.entries.size(); ++i) EXPECT_EQ(encoded(a.entries[i]), encoded(b.entries[i]));
}

TEST(message_codec, reads_back_what_it_wrote) {
  for (const message& original : {sample_append(), sample_rejection(), message{}}) {
    const bytes data = joined(encode_message(original));
    EXPECT_EQ(data.size(), encoded_bytes(original));
    const auto back = decode_message(shared_bytes::copy_of(data));
    ASSERT_TRUE(back) << back.error().message;
    expect_equal(original, *back);
  }
}

TEST(message_codec, sends_payloads_from_where_they_are) {
  const message m = sample_append();
  const std::uint8_t* payload = m.entries[0].payload[1].data();
  const auto parts = encode_message(m);
  EXPECT_TRUE(std::ranges::any_of(parts, [&](const shared_bytes& part) { return part.data() == payload; }));
}

TEST(message_codec, refuses_every_cut) {
  const bytes data = joined(encode_message(sample_append()));
  for (std::size_t size = 0; size < data.size(); ++size) {
    const auto back = decode_message(shared_bytes::copy_of(bytes_view(data).first(size)));
    ASSERT_FALSE(back) << "cut after " << size;
    EXPECT_EQ(back.error().code, error_code::corrupt);
  }
}

TEST(message_codec, refuses_every_flipped_bit) {
  const bytes data = joined(encode_message(sample_append()));
  for (std::size_t bit = 0; bit < data.size() * 8; ++bit) {
    bytes damaged = data;
    damaged[bit / 8] ^= static_cast<std::uint8_t>(1u << (bit % 8));
    EXPECT_FALSE(decode_message(shared_bytes::of(damaged))) << "bit " << bit;
  }
}

TEST(message_codec, refuses_garbage) {
  random_source random(1);
  for (int round = 0; round < 10'000; ++round) {
    bytes data(random.below(400));
    for (auto& octet : data) octet = static_cast<std::uint8_t>(random.next());
    EXPECT_FALSE(decode_message(shared_bytes::of(std::move(data))));
  }
}

TEST(message_codec, refuses_trailing_bytes) {
  bytes data = joined(encode_message(sample_append()));
  data.push_back(0);
  EXPECT_FALSE(decode_message(shared_bytes::of(std::move(data))));
}

// Pitfall 24: no hole gets into a log through a message.
TEST(message_codec, refuses_entries_that_leave_a_hole_or_go_back_in_term) {
  message hole = sample_append();
  hole.entries.erase(hole.entries.begin() + 1);
  EXPECT_FALSE(decode_message(shared_bytes::of(joined(encode_message(hole)))));
  message back_in_term = sample_append();
  back_in_term.entries[3] = sample_entry(2, 10);
  EXPECT_FALSE(decode_message(shared_bytes::of(joined(encode_message(back_in_term)))));
  message beyond = sample_append();
  beyond.entries[3] = sample_entry(6, 10);
  EXPECT_FALSE(decode_message(shared_bytes::of(joined(encode_message(beyond)))));
}

TEST(message_codec, refuses_entries_where_there_can_be_none) {
  message m = sample_append();
  m.type = message_type::vote_request;
  EXPECT_FALSE(decode_message(shared_bytes::of(joined(encode_message(m)))));
}

TEST(message_codec, refuses_a_newer_format_with_an_error_that_says_so) {
  bytes data = joined(encode_message(message{}));
  data[0] = 3;
  byte_writer(data).put_at<std::uint32_t>(88, crc32c(bytes_view(data).first(88)));
  const auto back = decode_message(shared_bytes::of(data));
  ASSERT_FALSE(back);
  EXPECT_EQ(back.error().code, error_code::unsupported);
}

TEST(message_codec, refuses_flags_that_it_does_not_know) {
  bytes data = joined(encode_message(message{}));
  data[2] = 8;
  byte_writer(data).put_at<std::uint32_t>(88, crc32c(bytes_view(data).first(88)));
  const auto back = decode_message(shared_bytes::of(data));
  ASSERT_FALSE(back);
  EXPECT_EQ(back.error().code, error_code::unsupported);
}

// DESIGN D4, D24: an older release would count such an answer; it must not understand it.
TEST(message_codec, what_depends_on_doubt_has_a_version_of_its_own) {
  message vote;
  vote.type = message_type::vote_response;
  EXPECT_EQ(joined(encode_message(vote))[0], message_format_version);
  vote.in_doubt = true;
  const bytes in_doubt = joined(encode_message(vote));
  EXPECT_EQ(in_doubt[0], message_format_version_with_doubt);
  EXPECT_TRUE(decode_message(shared_bytes::of(in_doubt))->in_doubt);
  message whole_again;
  whole_again.type = message_type::append_response;
  whole_again.context = 3;
  const bytes data = joined(encode_message(whole_again));
  EXPECT_EQ(data[0], message_format_version_with_doubt);
  EXPECT_EQ(decode_message(shared_bytes::of(data))->context, 3u);
}

}  // namespace
}  // namespace marquee::raft
