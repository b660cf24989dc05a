#include <gtest/gtest.h>

#include "kafka/record_batch_builder.h"
#include "read_manager/partition_buffer.h"

namespace marquee::read_manager {
namespace {

class every_codec : public testing::TestWithParam<kafka::compression> {};

INSTANTIATE_TEST_SUITE_P(codecs, every_codec,
                         testing::Values(kafka::compression::gzip, kafka::compression::snappy,
                                         kafka::compression::lz4, kafka::compression::zstd));

TEST_P(every_codec, records_are_buffered_decompressed_and_their_memory_is_counted) {
  const std::string value(1000, 'x');
  kafka::record_batch_builder builder;
  for (int i = 0; i < 50; ++i) builder.add({1000 + i, as_bytes("k"), as_bytes(value), {}});
  builder.set_compression(GetParam());
  bytes data = builder.finish();
  kafka::set_offset_and_epoch(data, 10, 1);

  partition_buffer buffer(12);
  ASSERT_TRUE(buffer.append(12, kafka::byte_chain(shared_bytes::of(std::move(data))), 60, 0));
  EXPECT_EQ(buffer.count(), 48U);
  EXPECT_GT(buffer.held_bytes(), 50'000U);
  EXPECT_EQ(buffer.fetch_offset(), 60);
  const buffered_record first = buffer.take();
  EXPECT_EQ(first.offset, 12);
  EXPECT_EQ(first.timestamp_ms, 1002);
  while (!buffer.empty()) EXPECT_EQ(as_text(*buffer.take().value), value);
  EXPECT_EQ(as_text(*first.value), value);
}

}  // namespace
}  // namespace marquee::read_manager
