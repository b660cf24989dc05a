#include <gtest/gtest.h>

#include <algorithm>

#include "tests/unit/raft/storage/store_under_test.h"

namespace marquee::raft {
namespace {

/// One group: entries 1 to 60, one record each, a segment every twenty, the last of them empty.
class segment_retention_test : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(under_test.open());
    under_test.create(group);
    for (std::int64_t last = 20; last <= 60; last += 20) {
      std::vector<entry> entries;
      for (std::int64_t index = last - 19; index <= last; ++index)
        entries.push_back(data_entry(index, 1, index - 1, 1, std::string(100, 'x')));
      ASSERT_TRUE(under_test.append(group, std::move(entries)));
      begin_segment(last);
    }
    ASSERT_EQ(segment_files(), 4);
  }
  void begin_segment(std::int64_t applied) {
    log().set_segment_bytes(100);
    ASSERT_TRUE(log().needs_state_block());
    ASSERT_TRUE(under_test.checkpoint(group, applied, "state at " + std::to_string(applied)));
    log().set_segment_bytes(1 << 20);
  }
  [[nodiscard]] group_log& log() { return *under_test.logs.at(group); }
  void raise(std::int64_t offset, std::int64_t index) {
    log().raise_log_start({record_offset(offset), log_index(index)});
    while (under_test.store->step()) {
    }
  }
  [[nodiscard]] std::int64_t count(const std::string& ending) const {
    const auto paths = files.paths();
    return std::ranges::count_if(paths, [&](const std::string& path) { return path.ends_with(ending); });
  }
  [[nodiscard]] std::int64_t segment_files() const { return count(".segment"); }
  void lose_power_and_open(std::uint64_t seed) {
    under_test.close();
    files.crash(seed);
    const auto opened = under_test.open();
    ASSERT_TRUE(opened) << opened.error().message;
    ASSERT_EQ(under_test.recovered.at(group).damage, "");
  }

  simulated_file_system files;
  store_under_test under_test{files};
  const group_id group = group_number(1);
};

TEST_F(segment_retention_test, whole_segments_below_the_log_start_go_with_their_files) {
  raise(20, 21);
  EXPECT_EQ(segment_files(), 3);
  EXPECT_EQ(count(".index"), 2);
  EXPECT_EQ(log().first_index(), log_index(21));
  EXPECT_EQ(log().log_start_offset(), record_offset(20));
  EXPECT_EQ(log().term_at(log_index(20)), term_number(1));
  EXPECT_EQ(log().term_at(log_index(19)), std::nullopt);
  EXPECT_EQ(log().read(log_index(20), log_index(30), 1000).error().code, error_code::not_found);
  EXPECT_EQ(log().read_from_offset(record_offset(19), record_offset(60), 1000).error().code,
            error_code::not_found);
  EXPECT_EQ(log().read_from_offset(record_offset(20), record_offset(60), 1)->front().index, log_index(21));
}

TEST_F(segment_retention_test, segment_of_which_a_part_is_wanted_stays_whole) {
  raise(30, 31);
  EXPECT_EQ(segment_files(), 3);
  EXPECT_EQ(log().first_index(), log_index(21));
  EXPECT_EQ(log().log_start_offset(), record_offset(30));
  EXPECT_EQ(log().read_from_offset(record_offset(29), record_offset(60), 1000).error().code,
            error_code::not_found);
}

TEST_F(segment_retention_test, active_segment_stays_and_goes_once_another_is_active) {
  raise(60, 61);
  EXPECT_EQ(segment_files(), 1);
  ASSERT_TRUE(under_test.append(group, {data_entry(61, 1, 60, 1, "later")}));
  raise(61, 62);
  EXPECT_EQ(segment_files(), 1);
  begin_segment(61);
  EXPECT_EQ(segment_files(), 2);
  log().drop_old_segments();
  while (under_test.store->step()) {
  }
  EXPECT_EQ(segment_files(), 1);
  EXPECT_EQ(log().first_index(), log_index(62));
}

TEST_F(segment_retention_test, log_start_never_goes_back_and_survives_power_loss) {
  raise(40, 41);
  raise(20, 21);
  EXPECT_EQ(log().log_start_offset(), record_offset(40));
  lose_power_and_open(7);
  EXPECT_EQ(log().log_start_offset(), record_offset(40));
  EXPECT_EQ(log().first_index(), log_index(41));
  lose_power_and_open(8);
  EXPECT_EQ(log().log_start_offset(), record_offset(40));
  EXPECT_EQ(segment_files(), 2);
}

TEST_F(segment_retention_test, log_of_which_nothing_is_left_goes_on_where_it_ended) {
  raise(60, 61);
  lose_power_and_open(3);
  EXPECT_EQ(log().first_index(), log_index(61));
  EXPECT_EQ(log().last_index(), log_index(60));
  EXPECT_EQ(log().next_offset(), record_offset(60));
  EXPECT_EQ(log().term_at(log_index(60)), term_number(1));
  EXPECT_FALSE(under_test.recovered.at(group).restored.newly_created);
  EXPECT_EQ(under_test.recovered.at(group).state.application_state.view().size(), 11U);
  ASSERT_TRUE(under_test.append(group, {data_entry(61, 1, 60, 1, "later")}));
  EXPECT_EQ(under_test.all_entries(group).size(), 1U);
}

TEST_F(segment_retention_test, state_blocks_hold_the_log_start_as_of_the_log_before_them) {
  group_checkpoint wanted;
  wanted.group = group;
  wanted.state.applied = log_index(61);
  wanted.state.log_start = record_offset(20);
  ASSERT_TRUE(under_test.append(group, {data_entry(61, 1, 60, 1, "later")}));
  raise(40, 41);
  log().set_segment_bytes(100);
  ASSERT_TRUE(log().needs_state_block());
  under_test.store->checkpoint({wanted}, [](const result<>&) {});
  lose_power_and_open(3);
  EXPECT_EQ(under_test.recovered.at(group).state.log_start, record_offset(20));
  EXPECT_EQ(log().log_start_offset(), record_offset(40));
}

TEST_F(segment_retention_test, segment_ends_by_age_only_if_it_holds_records) {
  EXPECT_FALSE(log().wants_new_segment());
  log().end_segment_older_than(1'000'000);
  EXPECT_FALSE(log().wants_new_segment());
  ASSERT_TRUE(under_test.append(group, {no_op_entry(61, 1, 60)}));
  log().end_segment_older_than(1'000'000);
  EXPECT_FALSE(log().wants_new_segment());
  ASSERT_TRUE(under_test.append(group, {data_entry(62, 1, 60, 1, "a record")}));
  log().end_segment_older_than(1610);
  EXPECT_FALSE(log().wants_new_segment());
  log().end_segment_older_than(1611);
  EXPECT_TRUE(log().wants_new_segment());
  ASSERT_TRUE(log().needs_state_block());
  ASSERT_TRUE(under_test.checkpoint(group, 62, "state"));
  EXPECT_FALSE(log().wants_new_segment());
  EXPECT_EQ(log().segments().back().base_index, log_index(63));
}

TEST_F(segment_retention_test, segments_are_told_with_offsets_times_and_sizes) {
  ASSERT_TRUE(under_test.append(group, {data_entry(61, 1, 60, 3, "later")}));
  const auto all = log().segments();
  ASSERT_EQ(all.size(), 4U);
  EXPECT_EQ(all[1].base_index, log_index(21));
  EXPECT_EQ(all[1].last_index, log_index(40));
  EXPECT_EQ(all[1].base_offset, record_offset(20));
  EXPECT_EQ(all[1].next_offset, record_offset(40));
  EXPECT_EQ(all[1].first_time_ms, 1210);
  EXPECT_EQ(all[1].last_time_ms, 1400);
  EXPECT_EQ(all[3].base_index, log_index(61));
  EXPECT_EQ(all[3].next_offset, record_offset(63));
  EXPECT_EQ(all[3].first_time_ms, 1610);
  std::uint64_t total = 0;
  for (const segment_summary& each : all) total += each.bytes;
  EXPECT_EQ(total, log().size_bytes());
}

TEST_F(segment_retention_test, missing_first_segment_is_damage_and_not_taken_for_retention) {
  under_test.close();
  ASSERT_TRUE(files.remove_file(segment_path(group_folder("/node", group), log_index(1))));
  ASSERT_TRUE(under_test.open());
  EXPECT_NE(under_test.recovered.at(group).cut_off, "");
  EXPECT_TRUE(under_test.recovered.at(group).restored.doubt.open);
  EXPECT_EQ(log().last_index(), log_index(0));
}

TEST_F(segment_retention_test, replica_whose_logs_beginning_is_gone_after_retention_cannot_be_filled_again) {
  raise(20, 21);
  under_test.close();
  ASSERT_TRUE(files.remove_file(segment_path(group_folder("/node", group), log_index(21))));
  for (int again = 0; again < 2; ++again) {
    ASSERT_TRUE(under_test.open());
    EXPECT_NE(under_test.recovered.at(group).damage.find("begins with entry 21"), std::string::npos)
        << under_test.recovered.at(group).damage;
    under_test.close();
  }
}

TEST_F(segment_retention_test, damage_that_reading_meets_is_told_and_cut_off_at_the_next_start) {
  const std::string path = segment_path(group_folder("/node", group), log_index(21));
  files.flip_bit(path, files.content(path).size() - 5, 3);
  EXPECT_FALSE(log().damage_met());
  const auto read = log().read_from_offset(record_offset(39), record_offset(60), 100'000);
  EXPECT_EQ(read.error().code, error_code::corrupt);
  const auto met = log().damage_met();
  ASSERT_TRUE(met);
  EXPECT_NE(met->message.find(path), std::string::npos) << met->message;
  under_test.close();
  ASSERT_TRUE(under_test.open());
  EXPECT_NE(under_test.recovered.at(group).cut_off, "");
  EXPECT_EQ(log().last_index(), log_index(39));
}

TEST_F(segment_retention_test, damaged_segments_are_kept_aside_and_what_is_left_is_a_whole_log) {
  under_test.close();
  const std::string path = segment_path(group_folder("/node", group), log_index(21));
  const bytes whole = files.content(path);
  files.flip_bit(path, whole.size() - 5, 3);
  // Its index is made again, so that the damage is met at the start.
  ASSERT_TRUE(files.remove_file(segment_index_path(group_folder("/node", group), log_index(21))));
  ASSERT_TRUE(under_test.open());
  EXPECT_EQ(log().last_index(), log_index(39));
  const auto all = under_test.all_entries(group);
  EXPECT_EQ(all.size(), 39U);
  for (const entry& e : all) EXPECT_TRUE(verify_entry(e));
  const auto kept = files.list("/node/quarantine");
  ASSERT_TRUE(kept);
  EXPECT_GE(kept->size(), 2U) << "the damaged one and those after it";
  ASSERT_TRUE(under_test.append(group, {data_entry(40, 9, 39, 1, "sent again")}));
  ASSERT_TRUE(under_test.checkpoint(group, 40, "state"));
  under_test.close();
  ASSERT_TRUE(under_test.open());
  EXPECT_EQ(log().last_index(), log_index(40));
  EXPECT_EQ(under_test.recovered.at(group).cut_off, "");
  EXPECT_FALSE(under_test.recovered.at(group).lost_power);
  EXPECT_TRUE(under_test.recovered.at(group).restored.doubt.open) << "until a leader says that it is whole";
}

TEST_F(segment_retention_test, configuration_before_what_is_left_is_still_known) {
  entry changed = no_op_entry(61, 1, 60);
  changed.type = entry_type::configuration;
  changed.head = shared_bytes::of(encode_configuration({{replica_number(4)}, {}, {}}));
  seal_entry(changed);
  ASSERT_TRUE(under_test.append(group, {changed}));
  begin_segment(61);
  raise(60, 62);
  EXPECT_EQ(log().first_index(), log_index(62));
  EXPECT_EQ(log().configuration_at(log_index(61)).voters, std::vector{replica_number(4)});
  lose_power_and_open(2);
  EXPECT_EQ(log().configuration_at(log_index(61)).voters, std::vector{replica_number(4)});
}

// Every place where the power can go while two segments are dropped: what is left is either still all of the
// log or a whole end of it, the log start is one of the two, and nothing above it is missing.
TEST(segment_retention_crash_test, power_loss_at_every_io_of_a_drop_leaves_what_recovery_completes) {
  for (std::uint64_t power_seed = 1; power_seed <= 5; ++power_seed) {
    for (std::uint64_t operation = 1;; ++operation) {
      simulated_file_system files;
      store_under_test under_test{files};
      const group_id group = group_number(1);
      ASSERT_TRUE(under_test.open());
      under_test.create(group);
      for (std::int64_t index = 1; index <= 6; ++index) {
        ASSERT_TRUE(under_test.append(group, {data_entry(index, 1, index - 1, 1, "text")}));
        if (index % 2 != 0) continue;
        under_test.logs.at(group)->set_segment_bytes(1);
        ASSERT_TRUE(under_test.logs.at(group)->needs_state_block());
        ASSERT_TRUE(under_test.checkpoint(group, index, "state"));
      }
      files.fail_at(files.operations() + operation, disk_fault::crash);
      under_test.logs.at(group)->raise_log_start({record_offset(4), log_index(5)});
      while (under_test.store->step()) {
      }
      const bool survived = !files.crashed();
      under_test.close();
      files.crash(operation * 31 + power_seed);
      // Recovery is cut off as well, twice.
      for (std::uint64_t again = 0; again < 2; ++again) {
        files.fail_at(files.operations() + 1 + (operation + again) % 9, disk_fault::crash);
        (void)under_test.open().has_value();
        under_test.close();
        files.crash(power_seed + again);
      }
      const auto opened = under_test.open();
      ASSERT_TRUE(opened) << opened.error().message;
      ASSERT_EQ(under_test.recovered.at(group).damage, "") << operation;
      const group_log& log = *under_test.logs.at(group);
      const bool raised = log.log_start_offset() == record_offset(4);
      EXPECT_TRUE(raised || log.log_start_offset() == record_offset(0));
      EXPECT_EQ(log.first_index(), log_index(raised ? 5 : 1)) << operation;
      EXPECT_EQ(log.last_index(), log_index(6));
      EXPECT_EQ(under_test.all_entries(group).size(), raised ? 2U : 6U);
      std::int64_t left = 0;
      for (const std::string& path : files.paths()) left += path.ends_with(".segment") ? 1 : 0;
      EXPECT_EQ(left, raised ? 2 : 4) << operation;
      if (survived) {
        EXPECT_TRUE(raised);
        break;
      }
    }
  }
}

}  // namespace
}  // namespace marquee::raft
