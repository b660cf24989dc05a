#include "raft/storage/wal_file.h"

#include <gtest/gtest.h>

#include "base/byte_codec.h"
#include "base/crc32c.h"
#include "base/simulated_file_system.h"

namespace marquee::raft {
namespace {

TEST(wal_file, header_comes_back_from_either_copy) {
  const bytes good = encode_wal_file_header({7, 100, true, 65536, 98});
  for (const std::size_t damaged : {std::size_t{3}, std::size_t{2048 + 3}}) {
    bytes block = good;
    block[damaged] ^= 1;
    const auto header = decode_wal_file_header(block);
    ASSERT_TRUE(header) << header.error().message;
    EXPECT_EQ(header->generation, 7U);
    EXPECT_EQ(header->first_lsn, 100U);
    EXPECT_TRUE(header->begins_checkpoint);
    EXPECT_EQ(header->file_bytes, 65536U);
    EXPECT_EQ(header->durable_lsn, 98U);
  }
}

TEST(wal_file, of_two_copies_the_newer_counts) {
  bytes block = encode_wal_file_header({8, 200, false, 65536, 199});
  const bytes older = encode_wal_file_header({7, 100, false, 65536, 99});
  std::copy(older.begin(), older.begin() + 512, block.begin());
  EXPECT_EQ(decode_wal_file_header(block)->generation, 8U);
}

TEST(wal_file, zeros_are_no_header) {
  EXPECT_EQ(decode_wal_file_header(bytes(wal_first_record)).error().code, error_code::corrupt);
}

TEST(wal_file, newer_format_version_says_so) {
  bytes block = encode_wal_file_header({7, 100, true, 65536, 98});
  block[5] = wal_file_format_version + 1;
  bytes checksum;
  byte_writer(checksum).put<std::uint32_t>(crc32c(bytes_view(block).first(40)));
  std::copy(checksum.begin(), checksum.end(), block.begin() + 40);
  EXPECT_EQ(decode_wal_file_header(block).error().code, error_code::unsupported);
}

TEST(wal_file, new_file_is_full_of_zeros_and_survives_power_loss) {
  simulated_file_system files;
  ASSERT_TRUE(files.create_directories("/d/wal"));
  {
    const auto slot = create_wal_slot(files, "/d", 3, 16384);
    ASSERT_TRUE(slot) << slot.error().message;
    EXPECT_EQ(slot->path, "/d/wal/00000003.wal");
  }
  files.crash(1);
  EXPECT_EQ(files.content("/d/wal/00000003.wal"), bytes(16384));
}

TEST(wal_file, creation_on_a_full_disk_leaves_nothing_behind) {
  simulated_file_system files;
  ASSERT_TRUE(files.create_directories("/d/wal"));
  files.set_capacity(10'000);
  EXPECT_EQ(create_wal_slot(files, "/d", 3, 16384).error().code, error_code::no_space);
  EXPECT_TRUE(files.paths().empty());
}

}  // namespace
}  // namespace marquee::raft
