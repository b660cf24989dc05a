#include <gtest/gtest.h>

#include <algorithm>

#include "tests/crash/crash_workload.h"

namespace marquee::raft {
namespace {

constexpr int actions = 32;

class disk_failure_at_every_io : public testing::TestWithParam<disk_fault> {};

// raft-pitfalls 27 and 40: whatever fails wherever, what was acknowledged is there after a restart, be the
// page cache lost or not; and a failed log fails for good.
TEST_P(disk_failure_at_every_io, loses_nothing_that_was_acknowledged) {
  const seed_range range = seeds({11, 12});
  for (std::uint64_t seed = range.first; seed <= range.last; ++seed) {
    const std::uint64_t operations = crash_workload::operations_of(seed, actions);
    for (std::uint64_t operation = 1; operation <= operations; ++operation) {
      simulated_file_system files;
      files.fail_at(operation, GetParam());
      crash_workload workload(files, seed);
      workload.run(actions);
      EXPECT_LE(workload.under_test.fatal.size(), 1U);
      if (operation % 2 == 0)
        files.kill_process();
      else
        files.crash(operation);
      const auto wrong = workload.reopen_and_check();
      ASSERT_FALSE(wrong) << *wrong << "\noperation " << operation
                          << "; again with MARQUEE_CRASH_SEEDS=" << seed << "-" << seed;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(each_fault, disk_failure_at_every_io,
                         testing::Values(disk_fault::io_error, disk_fault::no_space, disk_fault::short_write),
                         [](const auto& fault) {
                           if (fault.param == disk_fault::io_error) return "io_error";
                           return fault.param == disk_fault::no_space ? "no_space" : "short_write";
                         });

class disk_failure_test : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(under_test.open());
    under_test.create(group);
    under_test.create(other);
  }
  [[nodiscard]] result<> append(const group_id& to, std::int64_t index) {
    return under_test.append(to, {data_entry(index, 1, index - 1, 1, "record")});
  }

  simulated_file_system files;
  store_under_test under_test{files};
  const group_id group = group_number(1);
  const group_id other = group_number(2);
};

// raft-pitfalls 27: the disk claims success on the second try; nobody may believe it.
TEST_F(disk_failure_test, failed_sync_is_latched_and_reported_once) {
  ASSERT_TRUE(append(group, 1));
  files.fail_at(files.operations() + 2, disk_fault::io_error);
  EXPECT_EQ(append(group, 2).error().code, error_code::io);
  ASSERT_EQ(under_test.fatal.size(), 1U);
  EXPECT_EQ(append(other, 1).error().code, error_code::io);
  persist_request vote;
  vote.hard = hard_state{term_number(5), std::nullopt};
  EXPECT_EQ(under_test.persist(group, vote).error().code, error_code::io);
  EXPECT_EQ(under_test.fatal.size(), 1U);
}

TEST_F(disk_failure_test, everything_that_waits_for_a_failed_flush_fails) {
  int failed = 0;
  for (const group_id& to : {group, other}) {
    persist_request request;
    request.entries = {data_entry(1, 1, 0, 1, "record")};
    ASSERT_TRUE(under_test.logs.at(to)->persist(request, durability::durable,
                                                [&](const auto& done) { failed += done ? 0 : 1; }));
  }
  files.fail_at(files.operations() + 1, disk_fault::io_error);
  EXPECT_TRUE(under_test.store->step());
  EXPECT_EQ(failed, 2);
}

TEST_F(disk_failure_test, failed_segment_write_fences_that_group_alone) {
  ASSERT_TRUE(append(group, 1));
  ASSERT_TRUE(append(other, 1));
  files.fail_writes_to(group_folder("/node", group), disk_fault::io_error);
  EXPECT_TRUE(under_test.checkpoint(group, 1)) << "the checkpoint goes on without it";
  EXPECT_EQ(append(group, 2).error().code, error_code::io);
  EXPECT_TRUE(append(other, 2));
  EXPECT_TRUE(under_test.checkpoint(other, 2));
  EXPECT_TRUE(under_test.fatal.empty());
  under_test.close();
  files.crash(4);
  ASSERT_TRUE(under_test.open());
  EXPECT_EQ(under_test.logs.at(group)->last_index(), log_index(1));
  EXPECT_TRUE(append(group, 2)) << "the log still had everything, and the disk works again";
}

TEST_F(disk_failure_test, full_disk_refuses_appends_until_there_is_room_again) {
  std::uint64_t used = 0;
  for (const std::string& path : files.paths()) used += files.content(path).size();
  files.set_capacity(used + 1000);
  result<> outcome;
  std::int64_t index = 1;
  for (; index < 10'000; ++index) {
    outcome = append(group, index);
    if (!outcome) break;
  }
  EXPECT_EQ(outcome.error().code, error_code::overloaded);
  EXPECT_TRUE(under_test.fatal.empty());
  files.set_capacity(used + 10'000'000);
  under_test.time.advance_ms(2000);
  ASSERT_TRUE(under_test.checkpoint(group, index - 1));
  EXPECT_TRUE(append(group, index));
}

// Half of an entry is in the file: nothing is ever written to that file again, and nothing of it is read.
TEST_F(disk_failure_test, segment_that_met_a_full_disk_goes_on_in_a_new_file) {
  for (const disk_fault fault : {disk_fault::no_space, disk_fault::short_write}) {
    const std::int64_t last = under_test.logs.at(group)->last_index().value();
    ASSERT_TRUE(append(group, last + 1));
    ASSERT_TRUE(append(group, last + 2));
    files.fail_at(files.operations() + 1, fault);
    EXPECT_TRUE(under_test.checkpoint(group, last + 1)) << "the others' checkpoint is not held up";
    ASSERT_TRUE(append(group, last + 3)) << "nobody is fenced";
    EXPECT_EQ(under_test.all_entries(group).size(), static_cast<std::size_t>(last + 3));
    ASSERT_TRUE(under_test.checkpoint(group, last + 3));
    EXPECT_EQ(under_test.all_entries(group).size(), static_cast<std::size_t>(last + 3));
    under_test.close();
    files.crash(static_cast<std::uint64_t>(last) + 5);
    ASSERT_TRUE(under_test.open());
    EXPECT_EQ(under_test.recovered.at(group).cut_off, "");
    EXPECT_EQ(under_test.all_entries(group).size(), static_cast<std::size_t>(last + 3));
  }
}

// What segments cannot take is carried over by every checkpoint, each time into new files, if it is let.
TEST_F(disk_failure_test, checkpoints_tell_of_a_full_disk_and_do_not_fill_it_with_the_log) {
  const auto count_wal_files = [this] {
    return std::ranges::count_if(files.paths(),
                                 [](const std::string& path) { return path.ends_with(".wal"); });
  };
  ASSERT_TRUE(append(group, 1));
  ASSERT_TRUE(under_test.checkpoint(group, 1));
  EXPECT_FALSE(under_test.lacks_space);
  const auto files_before = count_wal_files();
  files.fail_writes_to(".segment", disk_fault::no_space);
  std::int64_t index = 2;
  result<> outcome;
  for (; index < 10'000; ++index) {
    outcome = append(group, index);
    if (!outcome) break;
    if (index % 50 == 0) (void)under_test.checkpoint(group, index);
  }
  EXPECT_EQ(outcome.error().code, error_code::overloaded);
  EXPECT_TRUE(under_test.lacks_space);
  EXPECT_LE(count_wal_files(), std::max<std::int64_t>(files_before, 16)) << "those that are made ahead";
  EXPECT_TRUE(under_test.fatal.empty());
  under_test.close();
  files.kill_process();
  ASSERT_TRUE(under_test.open());
  ASSERT_TRUE(under_test.checkpoint(group, index - 1));
  EXPECT_FALSE(under_test.lacks_space);
  EXPECT_TRUE(append(group, index));
  EXPECT_EQ(under_test.all_entries(group).size(), static_cast<std::size_t>(index));
}

TEST_F(disk_failure_test, nearly_full_disk_stops_segments_and_then_appends_and_all_of_it_ends_with_space) {
  under_test.close();
  under_test.options.keep_free_bytes = 1 << 20;
  ASSERT_TRUE(under_test.open());
  ASSERT_TRUE(append(group, 1));
  std::uint64_t used = 0;
  for (const std::string& path : files.paths()) used += files.content(path).size();
  files.set_capacity(used + (1 << 20));
  const std::string segment = segment_path(group_folder("/node", group), log_index(1));
  const std::size_t before = files.content(segment).size();
  std::int64_t index = 2;
  result<> outcome;
  for (; index < 10'000; ++index) {
    outcome = append(group, index);
    if (!outcome) break;
    if (index % 100 == 0) (void)under_test.checkpoint(group, index);
  }
  EXPECT_EQ(outcome.error().code, error_code::overloaded);
  EXPECT_EQ(files.content(segment).size(), before);
  EXPECT_GE(*files.free_bytes("/node"), (std::uint64_t{1} << 20) - under_test.options.wal_file_bytes);
  EXPECT_TRUE(under_test.fatal.empty());
  under_test.close();
  ASSERT_TRUE(under_test.open()) << "a start may use what is kept free";
  EXPECT_EQ(under_test.all_entries(group).size(), static_cast<std::size_t>(index - 1));
  files.set_capacity(used + (16 << 20));
  under_test.time.advance_ms(2000);
  ASSERT_TRUE(under_test.checkpoint(group, index - 1));
  EXPECT_TRUE(append(group, index));
  EXPECT_EQ(under_test.all_entries(group).size(), static_cast<std::size_t>(index));
}

TEST_F(disk_failure_test, checkpoint_without_room_for_its_files_fails_and_loses_nothing) {
  for (std::int64_t index = 1; index <= 10; ++index) ASSERT_TRUE(append(group, index));
  std::uint64_t used = 0;
  for (const std::string& path : files.paths()) used += files.content(path).size();
  files.set_capacity(used + 3000);  // the segment fits, a file of the log does not
  const result<> first = under_test.checkpoint(group, 5);
  const result<> second = first ? under_test.checkpoint(group, 10) : first;
  EXPECT_TRUE(second || second.error().code == error_code::no_space);
  EXPECT_TRUE(under_test.fatal.empty());
  EXPECT_TRUE(append(group, 11));
  under_test.close();
  files.crash(8);
  files.set_capacity(used + 1'000'000);
  ASSERT_TRUE(under_test.open());
  EXPECT_EQ(under_test.logs.at(group)->last_index(), log_index(11));
}

}  // namespace
}  // namespace marquee::raft
