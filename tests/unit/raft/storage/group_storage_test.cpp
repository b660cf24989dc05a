#include "raft/storage/group_storage.h"

#include <gtest/gtest.h>

#include "tests/unit/raft/storage/store_under_test.h"

namespace marquee::raft {
namespace {

/// One group with several segments and entries in memory: indexes 1 to 100; every tenth is a no-op, the
/// others hold two records each.
class group_storage_test : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(under_test.open());
    under_test.create(group);
    log = under_test.logs.at(group).get();
    log->set_segment_bytes(5000);
    for (std::int64_t index = 1; index <= 100; ++index) {
      starts.push_back(offset);
      std::vector<entry> one;
      if (index % 10 == 0)
        one.push_back(no_op_entry(index, index / 10 + 1, offset));
      else
        one.push_back(data_entry(index, index / 10 + 1, offset, 2, std::string(200, 'x')));
      if (index % 10 != 0) offset += 2;
      ASSERT_TRUE(under_test.append(group, one));
      if (index % 20 == 0) {
        (void)log->needs_state_block();
        ASSERT_TRUE(under_test.checkpoint(group, index - 5));
      }
    }
    std::size_t segments = 0;
    for (const std::string& path : files.paths()) segments += path.ends_with(".segment") ? 1 : 0;
    ASSERT_GE(segments, 3U);
  }
  [[nodiscard]] std::vector<std::int64_t> indexes(const result<std::vector<entry>>& entries) {
    std::vector<std::int64_t> found;
    EXPECT_TRUE(entries) << entries.error().message;
    if (entries)
      for (const entry& e : *entries) found.push_back(e.index.value());
    return found;
  }

  simulated_file_system files;
  store_under_test under_test{files};
  const group_id group = group_number(1);
  group_log* log = nullptr;
  std::int64_t offset = 0;
  std::vector<std::int64_t> starts;  ///< base offset of entry i + 1
};

TEST_F(group_storage_test, reads_every_range_across_segments_and_memory) {
  for (std::int64_t from = 1; from <= 100; from += 3) {
    for (std::int64_t to = from + 1; to <= 101; to += 17) {
      const auto found = indexes(log->read(log_index(from), log_index(to), 1 << 20));
      ASSERT_EQ(found.size(), static_cast<std::size_t>(to - from));
      for (std::size_t i = 0; i < found.size(); ++i) EXPECT_EQ(found[i], from + static_cast<std::int64_t>(i));
    }
  }
}

// raft-pitfalls 24: a size limit never leaves a hole, and gives at least one entry.
TEST_F(group_storage_test, size_limit_ends_a_read_without_a_hole_and_after_at_least_one) {
  EXPECT_EQ(indexes(log->read(log_index(5), log_index(50), 1)), std::vector<std::int64_t>{5});
  EXPECT_EQ(indexes(log->read(log_index(98), log_index(101), 1)), std::vector<std::int64_t>{98});
  const auto some = indexes(log->read(log_index(70), log_index(101), 1500));
  ASSERT_GE(some.size(), 3U);
  ASSERT_LE(some.size(), 6U);
  for (std::size_t i = 0; i < some.size(); ++i) EXPECT_EQ(some[i], 70 + static_cast<std::int64_t>(i));
}

TEST_F(group_storage_test, knows_every_term) {
  for (std::int64_t index = 1; index <= 100; ++index)
    EXPECT_EQ(log->term_at(log_index(index)), term_number(index / 10 + 1)) << index;
  EXPECT_EQ(log->term_at(log_index(0)), term_number(0));
  EXPECT_EQ(log->term_at(log_index(101)), std::nullopt);
}

TEST_F(group_storage_test, reads_from_every_offset_the_entry_that_contains_it) {
  for (std::int64_t wanted = 0; wanted < offset; ++wanted) {
    const auto found = log->read_from_offset(record_offset(wanted), record_offset(offset), 1);
    ASSERT_TRUE(found) << found.error().message;
    ASSERT_EQ(found->size(), 1U) << wanted;
    EXPECT_LE(found->front().base_offset.value(), wanted);
    EXPECT_GT(found->front().next_offset().value(), wanted);
  }
}

TEST_F(group_storage_test, read_from_offset_stops_below_the_limit_and_leaves_internal_entries_out) {
  const auto found = log->read_from_offset(record_offset(10), record_offset(100), 1 << 20);
  ASSERT_TRUE(found);
  std::int64_t next = 10;
  for (const entry& e : *found) {
    EXPECT_EQ(e.base_offset.value(), next);
    EXPECT_GT(e.record_count, 0);
    next += 2;
  }
  EXPECT_EQ(next, 100);
  EXPECT_TRUE(log->read_from_offset(record_offset(offset), record_offset(offset + 9), 1000)->empty());
}

TEST_F(group_storage_test, finds_the_first_entry_at_or_after_a_time) {
  for (std::int64_t index = 1; index <= 100; ++index) {
    EXPECT_EQ(log->first_index_at_or_after(1000 + index * 10), log_index(index));
    EXPECT_EQ(log->first_index_at_or_after(1000 + index * 10 - 9), log_index(index));
  }
  EXPECT_EQ(log->first_index_at_or_after(0), log_index(1));
  EXPECT_EQ(log->first_index_at_or_after(2001), std::nullopt);
}

TEST_F(group_storage_test, all_of_it_is_the_same_after_a_restart) {
  const std::uint64_t size = log->size_bytes();
  ASSERT_TRUE(under_test.open());
  log = under_test.logs.at(group).get();
  EXPECT_EQ(log->size_bytes(), size);
  EXPECT_EQ(log->next_offset(), record_offset(offset));
  EXPECT_EQ(indexes(log->read(log_index(1), log_index(101), 1 << 20)).size(), 100U);
  for (std::int64_t index = 1; index <= 100; ++index)
    EXPECT_EQ(log->term_at(log_index(index)), term_number(index / 10 + 1)) << index;
}

TEST_F(group_storage_test, configuration_follows_its_entries_and_their_truncation) {
  entry e = no_op_entry(101, 11, offset);
  e.type = entry_type::configuration;
  e.head = shared_bytes::of(encode_configuration({{replica_number(4)}, {}, {}}));
  seal_entry(e);
  ASSERT_TRUE(under_test.append(group, {e, no_op_entry(102, 11, offset)}));
  EXPECT_EQ(log->configuration_at(log_index(100)), three_voters());
  EXPECT_EQ(log->configuration_at(log_index(101)).voters, std::vector{replica_number(4)});
  EXPECT_EQ(log->configuration_at(log_index(102)).voters, std::vector{replica_number(4)});
  persist_request request;
  request.truncate_from = log_index(101);
  ASSERT_TRUE(under_test.persist(group, request));
  EXPECT_EQ(log->configuration_at(log_index(102)), three_voters());
}

TEST_F(group_storage_test, damaged_stretch_is_an_error_and_the_rest_is_still_read) {
  const std::string path = segment_path(group_folder("/node", group), log_index(1));
  files.flip_bit(path, files.content(path).size() / 2, 2);
  EXPECT_FALSE(indexes(log->read(log_index(1), log_index(2), 1000)).empty());
  bool met = false;
  for (std::int64_t index = 1; index <= 30; ++index) {
    const auto found = log->read(log_index(index), log_index(index + 1), 1000);
    if (!found) met = true;
  }
  EXPECT_TRUE(met);
  EXPECT_EQ(indexes(log->read(log_index(90), log_index(101), 1 << 20)).size(), 11U);
}

}  // namespace
}  // namespace marquee::raft
