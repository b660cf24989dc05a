#include <gtest/gtest.h>

#include "tests/unit/raft/storage/store_under_test.h"

namespace marquee::raft {
namespace {

class relaxed_durability_test : public testing::Test {
 protected:
  void SetUp() override {
    under_test.options.wal_file_bytes = 4 << 20;
    ASSERT_TRUE(under_test.open());
    under_test.create(group);
    under_test.create(other);
    // The first relaxed write of a group is synced together with the mark that says so.
    submit(group, 1, durability::relaxed, "mark");
    submit(other, 1, durability::relaxed, "mark");
    under_test.store->step();
    completed.clear();
    before = syncs();
  }
  [[nodiscard]] std::uint64_t syncs() {
    return under_test.metrics.counter("marquee_storage_fsyncs_total", "").value();
  }
  void submit(const group_id& to, std::int64_t index, durability wanted, const std::string& name,
              std::size_t size = 10) {
    persist_request request;
    request.entries = {data_entry(index, 1, index - 1, 1, std::string(size, 'x'))};
    ASSERT_TRUE(under_test.logs.at(to)->persist(request, wanted, [this, name](const auto& done) {
      EXPECT_TRUE(done);
      completed.push_back(name + "@" + std::to_string(syncs() - before));
    }));
  }

  simulated_file_system files;
  store_under_test under_test{files};
  const group_id group = group_number(1);
  const group_id other = group_number(2);
  std::uint64_t before = 0;
  std::vector<std::string> completed;
};

TEST_F(relaxed_durability_test, completes_after_the_write_and_is_synced_within_100_ms) {
  submit(group, 2, durability::relaxed, "a");
  EXPECT_TRUE(under_test.store->step());
  EXPECT_EQ(completed, std::vector<std::string>{"a@0"});
  under_test.time.advance_ms(99);
  EXPECT_FALSE(under_test.store->step());
  under_test.time.advance_ms(1);
  EXPECT_TRUE(under_test.store->step());
  EXPECT_EQ(syncs(), before + 1);
  EXPECT_FALSE(under_test.store->step());
}

// A queue that is never empty must not put the sync off.
TEST_F(relaxed_durability_test, is_synced_within_100_ms_under_steady_load_too) {
  for (std::int64_t index = 2; index < 12; ++index) {
    submit(group, index, durability::relaxed, "a");
    EXPECT_TRUE(under_test.store->step());
    EXPECT_EQ(syncs(), before) << index;
    under_test.time.advance_ms(10);
  }
  submit(group, 12, durability::relaxed, "a");
  EXPECT_TRUE(under_test.store->step());
  EXPECT_EQ(syncs(), before + 1);
}

TEST_F(relaxed_durability_test, both_limits_can_be_set) {
  under_test.close();
  files.kill_process();
  under_test.options.flush_ms = 5;
  under_test.options.flush_bytes = 1000;
  ASSERT_TRUE(under_test.open());
  before = syncs();
  submit(group, 2, durability::relaxed, "a");
  EXPECT_TRUE(under_test.store->step());
  under_test.time.advance_ms(5);
  EXPECT_TRUE(under_test.store->step());
  EXPECT_EQ(syncs(), before + 1);
  submit(group, 3, durability::relaxed, "b", 1000);
  EXPECT_TRUE(under_test.store->step());
  EXPECT_EQ(syncs(), before + 2);
}

TEST_F(relaxed_durability_test, is_synced_after_one_mebibyte) {
  submit(group, 2, durability::relaxed, "a", 600'000);
  EXPECT_TRUE(under_test.store->step());
  EXPECT_EQ(syncs(), before);
  submit(group, 3, durability::relaxed, "b", 600'000);
  EXPECT_TRUE(under_test.store->step());
  EXPECT_EQ(syncs(), before + 1);
}

TEST_F(relaxed_durability_test, does_not_wait_for_the_sync_of_another_group_but_keeps_its_own_order) {
  submit(group, 2, durability::durable, "group durable");
  submit(other, 2, durability::relaxed, "other relaxed");
  submit(group, 3, durability::relaxed, "group relaxed");
  EXPECT_TRUE(under_test.store->step());
  EXPECT_EQ(completed, (std::vector<std::string>{"other relaxed@0", "group durable@1", "group relaxed@1"}));
}

TEST_F(relaxed_durability_test, votes_and_truncations_are_synced_whatever_the_topic_wants) {
  persist_request vote;
  vote.hard = hard_state{term_number(4), replica_number(1)};
  ASSERT_TRUE(under_test.persist(group, vote, durability::relaxed));
  EXPECT_EQ(syncs(), before + 1);
  submit(group, 2, durability::relaxed, "a");
  persist_request truncation;
  truncation.truncate_from = log_index(2);
  ASSERT_TRUE(under_test.persist(group, truncation, durability::relaxed));
  EXPECT_EQ(syncs(), before + 2);
}

TEST_F(relaxed_durability_test, survives_the_death_of_the_process) {
  submit(group, 2, durability::relaxed, "a");
  EXPECT_TRUE(under_test.store->step());
  under_test.close();
  files.kill_process();
  ASSERT_TRUE(under_test.open());
  EXPECT_EQ(under_test.logs.at(group)->last_index(), log_index(2));
}

}  // namespace
}  // namespace marquee::raft
