#include "base/byte_codec.h"

#include <gtest/gtest.h>

#include <limits>

namespace marquee {
namespace {

bytes written(auto&& write) {
  bytes target;
  byte_writer writer(target);
  write(writer);
  return target;
}

TEST(byte_codec, puts_the_most_significant_octet_first) {
  EXPECT_EQ(written([](byte_writer& out) { out.put<std::int32_t>(0x01020304); }), (bytes{1, 2, 3, 4}));
}

TEST(byte_codec, gives_back_integers_at_their_limits) {
  const bytes data = written([](byte_writer& out) {
    out.put(std::numeric_limits<std::int64_t>::min());
    out.put(std::numeric_limits<std::uint64_t>::max());
    out.put<std::int16_t>(-1);
    out.put<std::uint8_t>(255);
  });
  byte_reader in(data);
  EXPECT_EQ(in.get<std::int64_t>(), std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(in.get<std::uint64_t>(), std::numeric_limits<std::uint64_t>::max());
  EXPECT_EQ(in.get<std::int16_t>(), -1);
  EXPECT_EQ(in.get<std::uint8_t>(), 255);
  EXPECT_EQ(in.remaining(), 0U);
  EXPECT_FALSE(in.failed());
}

TEST(byte_codec, gives_back_varints_at_their_limits) {
  for (const std::int64_t value :
       {std::int64_t{0}, std::int64_t{-1}, std::int64_t{1}, std::int64_t{63}, std::int64_t{64},
        std::int64_t{-64}, std::int64_t{-65}, std::numeric_limits<std::int64_t>::max(),
        std::numeric_limits<std::int64_t>::min()}) {
    const bytes data = written([&](byte_writer& out) { out.put_varint(value); });
    byte_reader in(data);
    EXPECT_EQ(in.get_varint(), value);
    EXPECT_FALSE(in.failed());
  }
}

TEST(byte_codec, writes_varints_as_kafka_does) {
  EXPECT_EQ(written([](byte_writer& out) { out.put_varint(-1); }), (bytes{0x01}));
  EXPECT_EQ(written([](byte_writer& out) { out.put_varint(64); }), (bytes{0x80, 0x01}));
  EXPECT_EQ(written([](byte_writer& out) { out.put_uvarint(300); }), (bytes{0xac, 0x02}));
}

TEST(byte_codec, refuses_a_varint_of_more_than_64_bits) {
  for (const bytes& data :
       {bytes(10, 0xff), bytes(11, 0x80), bytes{255, 255, 255, 255, 255, 255, 255, 255, 255, 2}}) {
    byte_reader in(data);
    EXPECT_EQ(in.get_uvarint(), 0U);
    EXPECT_TRUE(in.failed());
  }
}

TEST(byte_codec, fails_on_every_cut_of_a_value_and_stays_failed) {
  const bytes data = written([](byte_writer& out) { out.put_sized("twelve bytes"); });
  for (std::size_t size = 0; size < data.size(); ++size) {
    byte_reader in(bytes_view(data).first(size));
    EXPECT_TRUE(in.get_sized().empty());
    EXPECT_TRUE(in.failed());
    EXPECT_EQ(in.get<std::uint8_t>(), 0);
    EXPECT_EQ(in.remaining(), 0U);
  }
}

TEST(byte_codec, does_not_believe_a_length_of_4_gigabytes) {
  const bytes data{0xff, 0xff, 0xff, 0xff, 1, 2, 3};
  byte_reader in(data);
  EXPECT_TRUE(in.get_sized().empty());
  EXPECT_TRUE(in.failed());
}

TEST(byte_codec, overwrites_a_value_in_place) {
  const bytes data = written([](byte_writer& out) {
    out.put<std::int32_t>(0);
    out.put<std::uint8_t>(9);
    out.put_at<std::int32_t>(0, -2);
  });
  EXPECT_EQ(data, (bytes{0xff, 0xff, 0xff, 0xfe, 9}));
}

TEST(byte_codec, gives_back_uuids) {
  const uuid id = uuid::random();
  const bytes data = written([&](byte_writer& out) { out.put_uuid(id); });
  byte_reader in(data);
  EXPECT_EQ(in.get_uuid(), id);
}

}  // namespace
}  // namespace marquee
