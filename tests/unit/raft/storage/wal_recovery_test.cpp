#include "raft/storage/wal_recovery.h"

#include <gtest/gtest.h>

#include <array>

#include "raft/storage/wal_scan.h"
#include "tests/unit/raft/storage/store_under_test.h"

namespace marquee::raft {
namespace {

result<entry> no_pointers(const group_id&, const entry_pointer&) {
  return fail(error_code::corrupt, "there are no segments here");
}

/// Hands out files of one folder.
class numbered_slots final : public wal_slot_source {
 public:
  explicit numbered_slots(simulated_file_system& files) : files_(files) {}
  result<wal_slot> take_slot() override { return create_wal_slot(files_, "/d", ++last_, 16384); }

 private:
  simulated_file_system& files_;
  std::uint32_t last_ = 0;
};

class wal_recovery_test : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(files.create_directories("/d/wal"));
    group_facts facts;
    facts.bootstrap = three_voters();
    table.create(group, facts);
    ASSERT_TRUE(writer.begin_file(true));
    flush(table.checkpoint_records());
    (void)writer.complete_checkpoint();
  }
  void flush(const std::vector<wal_record>& records) {
    ASSERT_TRUE(writer.write(records));
    ASSERT_TRUE(writer.sync());
  }
  [[nodiscard]] wal_record append(std::int64_t index, std::size_t size = 100) const {
    return wal_record::of_entry(group, data_entry(index, 1, index - 1, 1, std::string(size, 'x')));
  }
  [[nodiscard]] static wal_record numbered(wal_record_type type, const group_id& group, std::int64_t value) {
    wal_record record;
    record.type = type;
    record.group = group;
    record.front = encode_number(value);
    return record;
  }
  [[nodiscard]] recovered_wal recover() {
    auto recovered = recover_wal(files, "/d", no_pointers);
    EXPECT_TRUE(recovered) << recovered.error().message;
    return recovered ? std::move(*recovered) : recovered_wal{};
  }

  simulated_file_system files;
  numbered_slots slots{files};
  wal_writer writer{slots, 0, 0};
  logged_group_table table;
  const group_id group = group_number(1);
};

TEST_F(wal_recovery_test, later_record_wins) {
  flush({append(1), append(2), append(3), numbered(wal_record_type::truncate, group, 2), append(2, 50)});
  wal_record log_start = numbered(wal_record_type::log_start, group, 0);
  log_start.front = encode_log_start({record_offset(1), log_index(2)});
  flush({numbered(wal_record_type::commit_mark, group, 1), log_start});
  const recovered_wal found = recover();
  const logged_group& logged = *found.groups.find(group);
  ASSERT_EQ(logged.tail.size(), 2U);
  EXPECT_EQ(logged.tail.back().payload_bytes(), 50U);
  EXPECT_EQ(logged.facts.commit_mark, log_index(1));
  EXPECT_EQ(logged.facts.log_start, (log_start_mark{record_offset(1), log_index(2)}));
  EXPECT_EQ(found.last_lsn, writer.last_lsn());
}

TEST_F(wal_recovery_test, records_go_on_over_several_files) {
  for (std::int64_t i = 1; i <= 40; ++i) flush({append(i, 1000)});
  const recovered_wal found = recover();
  EXPECT_GE(found.live_files.size(), 3U);
  EXPECT_EQ(found.groups.find(group)->tail.size(), 40U);
}

TEST_F(wal_recovery_test, a_whole_file_that_is_missing_in_the_middle_is_corruption) {
  for (std::int64_t i = 1; i <= 40; ++i) flush({append(i, 1000)});
  ASSERT_TRUE(files.remove_file(wal_path("/d", 2)));
  const auto found = recover_wal(files, "/d", no_pointers);
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, error_code::corrupt);
  EXPECT_NE(found.error().message.find("/d/wal/00000001.wal"), std::string::npos) << found.error().message;
}

// raft-pitfalls 37: a write that landed at the wrong place has a valid checksum.
TEST_F(wal_recovery_test, record_at_the_wrong_place_is_no_record) {
  flush({append(1)});
  flush({append(2)});
  const std::string path = wal_path("/d", 1);
  const auto scan = scan_wal_file(files, path, 1);
  const wal_record_header& last = scan->records.back().header;
  bytes content = files.content(path);
  std::copy_n(content.begin() + static_cast<std::ptrdiff_t>(last.position), last.span,
              content.begin() + static_cast<std::ptrdiff_t>(scan->end_position));
  files.set_content(path, content);
  EXPECT_EQ(recover().last_lsn, writer.last_lsn());
}

TEST_F(wal_recovery_test, records_of_the_life_before_in_a_reused_file_are_not_seen) {
  flush({append(1), append(2)});
  bytes old = files.content(wal_path("/d", 1));
  // A file of a new generation over the old bytes, as after a checkpoint.
  const bytes header = encode_wal_file_header({9, writer.last_lsn() + 1, false, 16384, writer.last_lsn()});
  std::copy(header.begin(), header.end(), old.begin());
  auto added = files.open("/d/wal/00000077.wal", open_mode::create);
  ASSERT_TRUE(added);
  files.set_content("/d/wal/00000077.wal", old);
  const recovered_wal found = recover();
  EXPECT_EQ(found.groups.find(group)->tail.size(), 2U);
  EXPECT_EQ(found.last_generation, 9U) << "never given to another file";
}

TEST_F(wal_recovery_test, pointer_whose_bytes_are_missing_is_the_torn_tail_of_its_group_alone) {
  const group_id other = group_number(2);
  group_facts facts;
  facts.bootstrap = three_voters();
  wal_record created;
  created.type = wal_record_type::group_created;
  created.group = other;
  created.front = encode_group_facts(facts);
  wal_record pointer;
  pointer.type = wal_record_type::append_pointer;
  pointer.group = group;
  pointer.front = encode_entry_pointer({log_index(1), 500, 300, 1});
  const entry in_other = data_entry(1, 1, 0, 1, "other");
  flush({created, append(1), pointer, append(3), wal_record::of_entry(other, in_other)});
  const recovered_wal found = recover();
  EXPECT_EQ(found.groups.find(group)->tail.size(), 1U);
  EXPECT_EQ(found.groups.find(group)->facts.damage, "");
  EXPECT_EQ(found.groups.find(other)->tail.size(), 1U);
}

TEST_F(wal_recovery_test, pointer_gives_the_entry_from_the_segment) {
  wal_record pointer;
  pointer.type = wal_record_type::append_pointer;
  pointer.group = group;
  pointer.front = encode_entry_pointer({log_index(1), 500, 300, 1});
  flush({append(1), pointer, append(3)});
  const auto found = recover_wal(files, "/d", [](const group_id&, const entry_pointer& asked) {
    EXPECT_EQ(asked.file_position, 500U);
    return result<entry>(data_entry(2, 1, 1, 1, "from the segment"));
  });
  ASSERT_TRUE(found);
  EXPECT_EQ(found->groups.find(group)->tail.size(), 3U);
}

TEST_F(wal_recovery_test, missing_entry_in_the_middle_of_a_group_is_damage) {
  flush({append(1), append(3)});
  EXPECT_NE(recover().groups.find(group)->facts.damage, "");
}

TEST_F(wal_recovery_test, incomplete_checkpoint_is_as_if_it_had_not_begun) {
  flush({append(1)});
  ASSERT_TRUE(writer.begin_file(true));
  std::vector<wal_record> records = table.checkpoint_records();
  records.pop_back();
  ASSERT_TRUE(writer.write(records));
  ASSERT_TRUE(writer.sync());
  const recovered_wal found = recover();
  EXPECT_EQ(found.groups.find(group)->tail.size(), 1U);
  EXPECT_EQ(found.live_files, std::vector<std::uint32_t>{1});
}

TEST_F(wal_recovery_test, empty_folder_is_new) {
  simulated_file_system empty;
  ASSERT_TRUE(empty.create_directories("/d/wal"));
  const auto found = recover_wal(empty, "/d", no_pointers);
  ASSERT_TRUE(found);
  EXPECT_TRUE(found->is_new);
}

}  // namespace
}  // namespace marquee::raft
