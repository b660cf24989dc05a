#include "raft/transport/frame.h"

#include <gtest/gtest.h>

#include <array>
#include <string_view>

namespace marquee::raft {
namespace {

TEST(frame, header_survives_encoding) {
  const std::array<bytes_view, 2> parts{as_bytes("abc"), as_bytes("defg")};
  const result<frame_header> read =
      decode_frame_header(encode_frame_header(frame_type::messages, parts), largest_frame_bytes);
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->type, frame_type::messages);
  EXPECT_EQ(read->payload_bytes, 7u);
}

TEST(frame, any_flipped_bit_of_the_header_is_an_error) {
  const std::array<bytes_view, 1> parts{as_bytes("abc")};
  const encoded_frame_header good = encode_frame_header(frame_type::leaders, parts);
  for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
    encoded_frame_header bad = good;
    bad[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
    EXPECT_FALSE(decode_frame_header(bad, largest_frame_bytes).has_value()) << "bit " << bit;
  }
}

TEST(frame, length_over_the_limit_is_an_error) {
  const bytes large(2000);
  const std::array<bytes_view, 1> parts{bytes_view(large)};
  const encoded_frame_header header = encode_frame_header(frame_type::hello, parts);
  EXPECT_TRUE(decode_frame_header(header, 2000).has_value());
  const result<frame_header> refused = decode_frame_header(header, 1999);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, error_code::too_large);
}

}  // namespace
}  // namespace marquee::raft
