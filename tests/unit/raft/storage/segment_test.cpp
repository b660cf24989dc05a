#include "raft/storage/segment.h"

#include <gtest/gtest.h>

#include "base/byte_codec.h"
#include "base/crc32c.h"
#include "raft/storage/segment_cursor.h"
#include "tests/unit/raft/storage/store_under_test.h"

namespace marquee::raft {
namespace {

const std::string folder = "/d/group";

segment_header sample() {
  segment_header header;
  header.group = group_number(1);
  header.base_index = log_index(11);
  header.base_term = term_number(3);
  header.base_offset = record_offset(50);
  header.base_time_ms = 1234;
  header.log_start = record_offset(5);
  header.rolling_checksum = 0x1234;
  header.members = three_voters();
  header.application_state = shared_bytes::of(std::string("state of the partition"));
  return header;
}

class segment_test : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(files.create_directories(folder));
    auto made = segment::create(files, folder, sample());
    ASSERT_TRUE(made) << made.error().message;
    written = std::move(*made);
    for (std::int64_t i = 0; i < 300; ++i) {
      if (i == 7) {
        entry e = no_op_entry(18, 4, 57);
        e.type = entry_type::configuration;
        e.head = shared_bytes::of(encode_configuration({{replica_number(9)}, {}, {}}));
        seal_entry(e);
        entries.push_back(e);
        continue;
      }
      entries.push_back(
          data_entry(11 + i, i < 7 ? 3 : 4, 50 + i - (i > 7 ? 1 : 0), 1, std::string(1000, 'x')));
    }
    ASSERT_TRUE(written->write(entries));
    ASSERT_TRUE(written->publish(entries));
  }

  simulated_file_system files;
  std::shared_ptr<segment> written;
  std::vector<entry> entries;
};

TEST(segment_format, header_comes_back_as_it_was_written) {
  const auto decoded = decode_segment_header(shared_bytes::of(encode_segment_header(sample())));
  ASSERT_TRUE(decoded) << decoded.error().message;
  EXPECT_EQ(decoded->group, group_number(1));
  EXPECT_EQ(decoded->base_index, log_index(11));
  EXPECT_EQ(decoded->base_term, term_number(3));
  EXPECT_EQ(decoded->base_offset, record_offset(50));
  EXPECT_EQ(decoded->base_time_ms, 1234);
  EXPECT_EQ(decoded->log_start, record_offset(5));
  EXPECT_EQ(decoded->rolling_checksum, 0x1234U);
  EXPECT_EQ(decoded->members, three_voters());
  EXPECT_EQ(decoded->application_state.text(), "state of the partition");
}

TEST(segment_format, header_with_any_flipped_bit_or_cut_off_is_refused) {
  const bytes good = encode_segment_header(sample());
  for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
    bytes bad = good;
    bad[bit / 8] = static_cast<std::uint8_t>(bad[bit / 8] ^ (1U << (bit % 8)));
    EXPECT_FALSE(decode_segment_header(shared_bytes::of(bad))) << bit;
  }
  for (std::size_t size = 0; size < good.size(); ++size)
    EXPECT_FALSE(decode_segment_header(shared_bytes::copy_of(bytes_view(good).first(size)))) << size;
}

TEST(segment_format, newer_format_version_says_so) {
  bytes newer = encode_segment_header(sample());
  newer[5] = segment_format_version + 1;
  byte_writer(newer).put_at<std::uint32_t>(12, crc32c(bytes_view(newer).first(12)));
  EXPECT_EQ(decode_segment_header(shared_bytes::of(newer)).error().code, error_code::unsupported);
}

TEST_F(segment_test, index_finds_terms_places_and_configurations) {
  const segment_index& index = written->index();
  EXPECT_EQ(index.last_index(), log_index(310));
  EXPECT_EQ(index.term_at(log_index(10)), term_number(3));
  EXPECT_EQ(index.term_at(log_index(17)), term_number(3));
  EXPECT_EQ(index.term_at(log_index(18)), term_number(4));
  EXPECT_EQ(index.term_at(log_index(310)), term_number(4));
  EXPECT_EQ(index.term_at(log_index(311)), std::nullopt);
  EXPECT_EQ(index.term_at(log_index(9)), std::nullopt);
  ASSERT_EQ(index.configurations().size(), 1U);
  EXPECT_EQ(index.configurations().front().index, log_index(18));
  EXPECT_GT(index.position_for_index(log_index(300)), index.position_for_index(log_index(11)));
}

TEST_F(segment_test, index_refuses_entries_that_do_not_continue) {
  segment_index index = written->index();
  EXPECT_FALSE(index.add(entries.front()));
  EXPECT_FALSE(index.add(data_entry(312, 4, 349, 1, "hole")));
  EXPECT_FALSE(index.add(data_entry(311, 3, 349, 1, "older term")));
  EXPECT_FALSE(index.add(data_entry(311, 4, 350, 1, "hole in the offsets")));
  EXPECT_EQ(index, written->index());
}

TEST_F(segment_test, active_segment_opens_as_it_was_and_cuts_off_what_lies_beyond) {
  const segment_position synced = written->position();
  ASSERT_TRUE(written->write(std::vector<entry>{data_entry(311, 4, 349, 1, "not in any checkpoint")}));
  const auto opened = segment::open_active(files, folder, synced);
  ASSERT_TRUE(opened) << opened.error().message;
  EXPECT_EQ((*opened)->index(), written->index());
  EXPECT_EQ(files.content((*opened)->path()).size(), synced.file_bytes);
}

TEST_F(segment_test, active_segment_that_is_too_short_or_other_is_corrupt) {
  segment_position expected = written->position();
  expected.file_bytes += 1;
  EXPECT_EQ(segment::open_active(files, folder, expected).error().code, error_code::corrupt);
  expected = written->position();
  expected.rolling_checksum += 1;
  EXPECT_EQ(segment::open_active(files, folder, expected).error().code, error_code::corrupt);
}

TEST_F(segment_test, sealed_segment_uses_its_stored_index_and_makes_it_again_when_it_is_damaged) {
  ASSERT_TRUE(written->seal(files, folder));
  const std::string index_path = segment_index_path(folder, log_index(11));
  auto opened = segment::open_sealed(files, folder, log_index(11));
  ASSERT_TRUE(opened);
  EXPECT_EQ((*opened)->index(), written->index());
  files.flip_bit(index_path, 40, 3);
  opened = segment::open_sealed(files, folder, log_index(11));
  ASSERT_TRUE(opened);
  EXPECT_EQ((*opened)->index(), written->index());
  EXPECT_EQ(files.content(index_path), written->index().encode());
  ASSERT_TRUE(files.remove_file(index_path));
  opened = segment::open_sealed(files, folder, log_index(11));
  ASSERT_TRUE(opened);
  EXPECT_EQ((*opened)->index(), written->index());
}

TEST_F(segment_test, stored_index_with_any_damage_is_refused) {
  const bytes good = written->index().encode();
  for (std::size_t at = 0; at < good.size(); ++at) {
    bytes bad = good;
    bad[at] ^= 0x10;
    EXPECT_FALSE(segment_index::decode(bad)) << at;
  }
  EXPECT_FALSE(segment_index::decode(bytes_view(good).first(good.size() / 2)));
  EXPECT_FALSE(segment_index::decode({}));
}

TEST_F(segment_test, cursor_takes_and_skips_entries_with_small_pieces) {
  segment_cursor cursor(written->data(), written->index().position_for_index(log_index(11)),
                        written->index().file_bytes(), 100);
  for (const entry& expected : entries) {
    const auto header = cursor.peek();
    ASSERT_TRUE(header && *header);
    EXPECT_EQ((*header)->e.index, expected.index);
    if (expected.index.value() % 2 == 0) {
      cursor.skip();
      continue;
    }
    const auto e = cursor.take();
    ASSERT_TRUE(e) << e.error().message;
    EXPECT_EQ(e->checksum, expected.checksum);
  }
  const auto end = cursor.peek();
  ASSERT_TRUE(end);
  EXPECT_FALSE(*end);
}

TEST_F(segment_test, damaged_entry_is_met_when_it_is_read) {
  files.flip_bit(written->path(), written->index().position_for_index(log_index(11)) + 200, 1);
  segment_cursor cursor(written->data(), written->index().position_for_index(log_index(11)),
                        written->index().file_bytes(), 4096);
  ASSERT_TRUE(cursor.peek());
  EXPECT_EQ(cursor.take().error().code, error_code::corrupt);
}

}  // namespace
}  // namespace marquee::raft
