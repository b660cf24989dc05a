#include <gtest/gtest.h>

#include "tests/unit/raft/storage/store_under_test.h"

namespace marquee::raft {
namespace {

class wal_log_store_test : public testing::Test {
 protected:
  void open() {
    const auto opened = under_test.open();
    ASSERT_TRUE(opened) << opened.error().message;
  }
  void kill_and_open() {
    under_test.close();
    files.kill_process();
    open();
  }
  void lose_power_and_open(std::uint64_t seed) {
    under_test.close();
    files.crash(seed);
    open();
  }
  [[nodiscard]] static std::vector<entry> entries(std::int64_t first, std::int64_t last, std::int64_t term,
                                                  std::size_t size = 100) {
    std::vector<entry> made;
    for (std::int64_t i = first; i <= last; ++i)
      made.push_back(data_entry(i, term, i - 1, 1, std::string(size, static_cast<char>('a' + i % 26))));
    return made;
  }
  void expect_log(std::int64_t first, std::int64_t last) {
    const auto all = under_test.all_entries(group);
    ASSERT_EQ(all.size(), static_cast<std::size_t>(last - first + 1));
    for (std::size_t i = 0; i < all.size(); ++i) {
      EXPECT_EQ(all[i].index.value(), first + static_cast<std::int64_t>(i));
      EXPECT_TRUE(verify_entry(all[i]));
    }
  }

  simulated_file_system files;
  store_under_test under_test{files};
  const group_id group = group_number(1);
};

TEST_F(wal_log_store_test, new_folder_has_no_groups) {
  open();
  EXPECT_TRUE(under_test.recovered.empty());
}

TEST_F(wal_log_store_test, created_group_survives_power_loss_with_its_members) {
  open();
  under_test.create(group);
  lose_power_and_open(1);
  ASSERT_EQ(under_test.recovered.size(), 1U);
  const recovered_group& found = under_test.recovered.at(group);
  EXPECT_EQ(found.restored.base_configuration, three_voters());
  EXPECT_TRUE(found.restored.newly_created);
  EXPECT_EQ(found.damage, "");
}

TEST_F(wal_log_store_test, creating_a_group_again_tells_same_members_from_others) {
  open();
  under_test.create(group);
  EXPECT_EQ(under_test.store->create_group(group, three_voters()).error().code, error_code::already_exists);
  EXPECT_EQ(under_test.store->create_group(group, {}).error().code, error_code::conflict);
}

TEST_F(wal_log_store_test, appended_entries_are_readable_before_they_are_durable) {
  open();
  under_test.create(group);
  persist_request request;
  request.entries = entries(1, 3, 1);
  bool done = false;
  ASSERT_TRUE(under_test.logs.at(group)->persist(request, durability::durable, [&](auto) { done = true; }));
  EXPECT_FALSE(done);
  expect_log(1, 3);
  EXPECT_TRUE(under_test.store->step());
  EXPECT_TRUE(done);
}

TEST_F(wal_log_store_test, one_flush_serves_all_groups_with_one_sync) {
  open();
  for (int i = 1; i <= 5; ++i) under_test.create(group_number(i));
  auto& syncs = under_test.metrics.counter("marquee_storage_fsyncs_total", "");
  const auto before = syncs.value();
  int done = 0;
  for (int i = 1; i <= 5; ++i) {
    persist_request request;
    request.entries = entries(1, 4, 1);
    ASSERT_TRUE(
        under_test.logs.at(group_number(i))->persist(request, durability::durable, [&](auto) { ++done; }));
  }
  while (under_test.store->step()) {
  }
  EXPECT_EQ(done, 5);
  EXPECT_EQ(syncs.value() - before, 1U);
}

TEST_F(wal_log_store_test, acknowledged_entries_and_hard_state_survive_power_loss) {
  open();
  under_test.create(group);
  persist_request request;
  request.hard = hard_state{term_number(3), replica_number(2)};
  request.entries = entries(1, 20, 3);
  ASSERT_TRUE(under_test.persist(group, request));
  lose_power_and_open(7);
  expect_log(1, 20);
  EXPECT_EQ(under_test.recovered.at(group).restored.hard, *request.hard);
  EXPECT_FALSE(under_test.recovered.at(group).restored.newly_created);
  EXPECT_EQ(under_test.recovered.at(group).restored.next_offset, record_offset(20));
}

TEST_F(wal_log_store_test, truncated_entries_do_not_come_back) {
  open();
  under_test.create(group);
  ASSERT_TRUE(under_test.append(group, entries(1, 10, 1)));
  persist_request request;
  request.truncate_from = log_index(6);
  request.entries = entries(6, 7, 2);
  ASSERT_TRUE(under_test.persist(group, request));
  expect_log(1, 7);
  lose_power_and_open(3);
  expect_log(1, 7);
  EXPECT_EQ(under_test.logs.at(group)->term_at(log_index(6)), term_number(2));
}

// raft-pitfalls 34: truncation and append in one flush are ordered by their sequence numbers.
TEST_F(wal_log_store_test, truncate_and_append_within_one_flush_keep_their_order) {
  open();
  under_test.create(group);
  int done = 0;
  persist_request first;
  first.entries = entries(1, 5, 1);
  persist_request second;
  second.truncate_from = log_index(3);
  second.entries = entries(3, 4, 2);
  for (const auto& request : {first, second})
    ASSERT_TRUE(under_test.logs.at(group)->persist(request, durability::durable, [&](auto) { ++done; }));
  EXPECT_TRUE(under_test.store->step());
  EXPECT_EQ(done, 2);
  lose_power_and_open(5);
  expect_log(1, 4);
  EXPECT_EQ(under_test.logs.at(group)->term_at(log_index(3)), term_number(2));
}

TEST_F(wal_log_store_test, checkpoint_moves_applied_entries_to_the_segment_and_keeps_the_rest) {
  open();
  under_test.create(group);
  persist_request request;
  request.hard = hard_state{term_number(2), std::nullopt};
  request.entries = entries(1, 50, 2);
  ASSERT_TRUE(under_test.persist(group, request));
  ASSERT_TRUE(under_test.checkpoint(group, 30));
  expect_log(1, 50);
  lose_power_and_open(9);
  expect_log(1, 50);
  EXPECT_EQ(under_test.recovered.at(group).restored.commit_index, log_index(30));
  EXPECT_EQ(under_test.recovered.at(group).restored.hard.term, term_number(2));
  ASSERT_TRUE(under_test.append(group, entries(51, 60, 2)));
  ASSERT_TRUE(under_test.checkpoint(group, 60));
  kill_and_open();
  expect_log(1, 60);
}

TEST_F(wal_log_store_test, full_segment_is_followed_by_one_with_the_state_block) {
  open();
  under_test.create(group);
  under_test.logs.at(group)->set_segment_bytes(4000);
  ASSERT_TRUE(under_test.append(group, entries(1, 10, 1)));
  EXPECT_FALSE(under_test.logs.at(group)->needs_state_block());
  ASSERT_TRUE(under_test.append(group, entries(11, 40, 1)));
  EXPECT_TRUE(under_test.logs.at(group)->needs_state_block());
  ASSERT_TRUE(under_test.checkpoint(group, 35, "state as of 35"));
  EXPECT_FALSE(under_test.logs.at(group)->needs_state_block());
  lose_power_and_open(11);
  expect_log(1, 40);
  const state_block& state = under_test.recovered.at(group).state;
  EXPECT_EQ(state.applied, log_index(35));
  EXPECT_EQ(state.applied_term, term_number(1));
  EXPECT_EQ(state.next_offset, record_offset(35));
  EXPECT_EQ(state.application_state.text(), "state as of 35");
  EXPECT_EQ(state.members, three_voters());
}

TEST_F(wal_log_store_test, checkpoints_let_the_log_run_for_ever_in_a_bounded_number_of_files) {
  open();
  under_test.create(group);
  std::int64_t next = 1;
  for (int round = 0; round < 60; ++round) {
    ASSERT_TRUE(under_test.append(group, entries(next, next + 19, 1, 1000)));
    next += 20;
    if (under_test.checkpoints_wanted == 0) continue;
    under_test.checkpoints_wanted = 0;
    ASSERT_TRUE(under_test.checkpoint(group, next - 5));
  }
  EXPECT_LE(files.list("/node/wal")->size(), 20U);
  kill_and_open();
  expect_log(1, next - 1);
}

TEST_F(wal_log_store_test, appends_are_refused_and_never_block_when_nobody_makes_checkpoints) {
  open();
  under_test.create(group);
  std::int64_t next = 1;
  result<> outcome;
  for (; next < 5000 && outcome; ++next) outcome = under_test.append(group, entries(next, next, 1, 2000));
  EXPECT_EQ(outcome.error().code, error_code::overloaded);
  EXPECT_GT(under_test.checkpoints_wanted, 0);
  // Votes still go through, and a checkpoint makes room.
  persist_request vote;
  vote.hard = hard_state{term_number(9), replica_number(1)};
  EXPECT_TRUE(under_test.persist(group, vote));
  ASSERT_TRUE(under_test.checkpoint(group, next - 2));
  EXPECT_TRUE(under_test.append(group, entries(next - 1, next - 1, 9)));
  kill_and_open();
  expect_log(1, next - 1);
}

// A follower that was refused for a while may have taken many appends from the network at once.
TEST_F(wal_log_store_test, request_that_is_larger_than_all_files_together_fits_once_more_were_made) {
  open();
  under_test.create(group);
  const std::uint64_t all_files = 16 * under_test.options.wal_file_bytes;
  const std::int64_t last = 2 * static_cast<std::int64_t>(all_files / 40'000);
  EXPECT_EQ(under_test.append(group, entries(1, last, 1, 40'000)).error().code, error_code::overloaded);
  result<> outcome = fail(error_code::overloaded, "not yet");
  for (int i = 0; i < 5 && !outcome; ++i) {
    (void)under_test.store->step();
    outcome = under_test.append(group, entries(1, last, 1, 40'000));
  }
  ASSERT_TRUE(outcome) << outcome.error().message;
  kill_and_open();
  expect_log(1, last);
}

TEST_F(wal_log_store_test, removed_group_is_gone_with_its_files) {
  open();
  under_test.create(group);
  under_test.create(group_number(2));
  ASSERT_TRUE(under_test.append(group, entries(1, 5, 1)));
  under_test.logs.erase(group);
  ASSERT_TRUE(under_test.store->remove_group(group));
  for (const std::string& path : files.paths())
    EXPECT_EQ(path.find(group_folder("/node", group)), std::string::npos) << path;
  lose_power_and_open(2);
  EXPECT_EQ(under_test.recovered.size(), 1U);
  EXPECT_TRUE(under_test.recovered.contains(group_number(2)));
}

TEST_F(wal_log_store_test, second_process_is_refused) {
  open();
  store_under_test other(files);
  EXPECT_EQ(other.open().error().code, error_code::refused);
}

TEST_F(wal_log_store_test, entry_larger_than_a_log_file_is_refused_with_the_limit) {
  open();
  under_test.create(group);
  EXPECT_EQ(under_test.append(group, entries(1, 1, 1, 100'000)).error().code, error_code::too_large);
  EXPECT_EQ(under_test.logs.at(group)->last_index(), log_index(0));
}

}  // namespace
}  // namespace marquee::raft
