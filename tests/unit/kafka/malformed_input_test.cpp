// No bytes may crash a decoder, make it read outside its input or make it allocate out of proportion. A
// failing seed is printed; run only that test with --gtest_filter and the seed in MARQUEE_SEED.

#include <gtest/gtest.h>

#include <cstdlib>
#include <random>

#include "all_messages.h"
#include "kafka/api/metadata.h"
#include "kafka/batch_validation.h"
#include "kafka/record_cursor.h"
#include "kafka/request_header.h"

namespace marquee::kafka {
namespace {

std::uint64_t first_seed() {
  const char* given = std::getenv("MARQUEE_SEED");
  return given == nullptr ? 1 : std::strtoull(given, nullptr, 10);
}

TEST(malformed_input, random_bytes_are_refused_or_read_by_every_decoder) {
  for (std::uint64_t seed = first_seed(); seed < first_seed() + 20; ++seed) {
    SCOPED_TRACE("MARQUEE_SEED=" + std::to_string(seed));
    std::mt19937_64 random(seed);
    for (const message_kind& kind : all_messages())
      for (std::int16_t version = kind.min_version; version <= kind.max_version; ++version) {
        bytes body(random() % 200);
        // Small values make plausible counts and lengths more likely.
        const bool small = random() % 2 == 0;
        for (auto& octet : body) octet = static_cast<std::uint8_t>(small ? random() % 4 : random());
        (void)kind.decode_and_encode(version, shared_bytes::of(std::move(body)));
      }
  }
}

TEST(malformed_input, every_cut_of_a_captured_request_is_refused) {
  for (const capture& item : load_captures()) {
    if (!item.is_request) continue;
    SCOPED_TRACE(item.file);
    for (std::size_t size = 0; size < item.frame.size(); ++size) {
      const shared_bytes frame = shared_bytes::copy_of(bytes_view(item.frame).first(size));
      wire_reader in(frame);
      if (!request_header::decode(in)) continue;
      const result<bytes> again =
          find_message(item.api, true)
              ->decode_and_encode(item.version, frame.slice(frame.size() - in.remaining()));
      EXPECT_FALSE(again) << "cut at " << size;
    }
  }
}

TEST(malformed_input, one_flipped_bit_never_harms) {
  for (const capture& item : load_captures()) {
    SCOPED_TRACE(item.file);
    for (std::size_t bit = 0; bit < item.frame.size() * 8; ++bit) {
      bytes flipped = item.frame;
      flipped[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
      const shared_bytes frame = shared_bytes::of(std::move(flipped));
      const message_kind* kind = find_message(item.api, item.is_request);
      wire_reader in(frame);
      if (item.is_request) {
        if (!request_header::decode(in)) continue;
      } else if (!decode_response_header(kind->key, item.version, in)) {
        continue;
      }
      (void)kind->decode_and_encode(item.version, frame.slice(frame.size() - in.remaining()));
    }
  }
}

TEST(malformed_input, an_array_that_claims_two_billion_items_allocates_nothing) {
  for (const std::int32_t count : {INT32_MAX, INT32_MIN, -2, 1'000'000}) {
    bytes body;
    byte_writer out(body);
    out.put(count);
    wire_reader in(shared_bytes::of(std::move(body)));
    std::vector<std::int64_t> items;
    in.array(items);
    EXPECT_TRUE(in.failed());
    EXPECT_EQ(items.capacity(), 0U);
  }
  bytes body;
  byte_writer out(body);
  out.put_uvarint(UINT64_MAX);
  wire_reader in(shared_bytes::of(std::move(body)), wire_form::flexible);
  std::vector<std::int64_t> items;
  in.array(items);
  EXPECT_TRUE(in.failed());
  EXPECT_EQ(items.capacity(), 0U);
}

TEST(malformed_input, a_message_of_more_than_a_million_elements_is_refused) {
  bytes body;
  byte_writer out(body);
  out.put(static_cast<std::int32_t>(wire_reader::max_elements + 1));
  body.resize(4 + 4 * (wire_reader::max_elements + 1));
  wire_reader in(shared_bytes::of(std::move(body)));
  std::vector<std::int32_t> items;
  in.array(items);
  EXPECT_TRUE(in.failed());
}

TEST(malformed_input, texts_and_records_longer_than_the_message_are_refused) {
  bytes body;
  byte_writer out(body);
  out.put<std::int32_t>(INT32_MAX);
  out.put<std::int32_t>(-2);
  {
    wire_reader in(shared_bytes::copy_of(body));
    std::optional<byte_chain> records;
    in.records(records);
    EXPECT_TRUE(in.failed());
  }
  wire_reader in(shared_bytes::copy_of(body));
  std::string text;
  in.text(text);
  EXPECT_TRUE(in.failed());
}

TEST(malformed_input, flipped_bits_and_cuts_of_a_batch_never_pass_its_checksum) {
  bytes batch;
  for (const capture& item : load_captures())
    if (item.file == "kcat-fetch-v11.response.hex") batch.assign(item.frame.end() - 130, item.frame.end());
  ASSERT_EQ(validate_batches(shared_bytes::copy_of(batch), {}).error, kafka_error::none);
  for (std::size_t bit = 0; bit < batch.size() * 8; ++bit) {
    bytes flipped = batch;
    flipped[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
    const bool leader_epoch = bit / 8 >= batch_layout::leader_epoch && bit / 8 < batch_layout::magic;
    const batch_verdict verdict = validate_batches(shared_bytes::of(std::move(flipped)), {});
    EXPECT_EQ(verdict.error == kafka_error::none, leader_epoch) << "bit " << bit;
  }
  for (std::size_t size = 0; size < batch.size(); ++size)
    EXPECT_NE(validate_batches(shared_bytes::copy_of(bytes_view(batch).first(size)), {}).error,
              kafka_error::none);
}

TEST(malformed_input, random_records_never_harm_the_cursor) {
  for (std::uint64_t seed = first_seed(); seed < first_seed() + 2000; ++seed) {
    SCOPED_TRACE("MARQUEE_SEED=" + std::to_string(seed));
    std::mt19937_64 random(seed);
    bytes batch(61 + random() % 64);
    for (auto& octet : batch) octet = static_cast<std::uint8_t>(random() % 3 == 0 ? random() : random() % 8);
    byte_writer out(batch);
    out.put_at<std::int32_t>(batch_layout::record_count, static_cast<std::int32_t>(random() % 8));
    record_cursor cursor(batch);
    record_view record;
    int records = 0;
    while (cursor.next(record)) ++records;
    EXPECT_LE(records, 8);
  }
}

}  // namespace
}  // namespace marquee::kafka
