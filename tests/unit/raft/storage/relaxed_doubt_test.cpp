#include <gtest/gtest.h>

#include <map>

#include "base/random.h"
#include "tests/unit/raft/storage/store_under_test.h"

/// DESIGN D4: which groups are in doubt after a start, and what a loss of power may take from them.
namespace marquee::raft {
namespace {

class relaxed_doubt_test : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(under_test.open());
    under_test.create(group);
    under_test.create(durable);
    write(group, durability::relaxed);
    write(durable, durability::durable);
  }
  void write(const group_id& to, durability wanted) {
    persist_request request;
    const std::int64_t index = under_test.logs.at(to)->last_index().value() + 1;
    request.entries = {data_entry(index, 1, index - 1, 1, "x")};
    ASSERT_TRUE(under_test.persist(to, request, wanted));
  }
  void settle(const group_id& which) {
    persist_request request;
    request.settles_doubt = true;
    ASSERT_TRUE(under_test.persist(which, request));
  }
  void kill() {
    under_test.close();
    files.kill_process();
    ASSERT_TRUE(under_test.open());
  }
  void lose_power() {
    under_test.close();
    files.crash(++seed);
    under_test.options.kernel_boot_id = "boot of seed " + std::to_string(seed);
    ASSERT_TRUE(under_test.open());
  }
  [[nodiscard]] doubt_state doubt(const group_id& of) { return under_test.recovered.at(of).restored.doubt; }

  simulated_file_system files;
  store_under_test under_test{files};
  std::uint64_t seed = 1;
  const group_id group = group_number(1);
  const group_id durable = group_number(2);
};

TEST_F(relaxed_doubt_test, killed_process_leaves_no_doubt) {
  kill();
  EXPECT_FALSE(doubt(group).open);
  EXPECT_TRUE(doubt(group).possible);
  EXPECT_EQ(under_test.logs.at(group)->last_index(), log_index(1));
}

TEST_F(relaxed_doubt_test, the_start_after_a_loss_of_power_is_told_from_later_ones) {
  lose_power();
  EXPECT_TRUE(under_test.recovered.at(group).lost_power);
  EXPECT_FALSE(under_test.recovered.at(durable).lost_power);
  kill();
  EXPECT_TRUE(doubt(group).open);
  EXPECT_FALSE(under_test.recovered.at(group).lost_power);
}

TEST_F(relaxed_doubt_test, loss_of_power_puts_relaxed_groups_in_doubt_and_no_others) {
  lose_power();
  EXPECT_EQ(doubt(group), (doubt_state{1, true, true}));
  EXPECT_EQ(doubt(durable), doubt_state{});
}

TEST_F(relaxed_doubt_test, clean_stop_before_the_machine_goes_down_leaves_no_doubt) {
  under_test.store->stop();
  lose_power();
  EXPECT_FALSE(doubt(group).open);
}

TEST_F(relaxed_doubt_test, doubt_outlives_restarts_until_it_is_settled) {
  lose_power();
  kill();
  EXPECT_EQ(doubt(group), (doubt_state{1, true, true}));
  under_test.store->stop();
  kill();
  EXPECT_TRUE(doubt(group).open) << "a clean stop settles nothing";
  ASSERT_TRUE(under_test.checkpoint(group, 0));
  kill();
  EXPECT_TRUE(doubt(group).open);
  settle(group);
  kill();
  EXPECT_EQ(doubt(group), (doubt_state{1, false, true}));
}

TEST_F(relaxed_doubt_test, each_loss_of_power_is_counted) {
  lose_power();
  lose_power();
  EXPECT_EQ(doubt(group).number, 2U);
  under_test.logs.at(group)->set_durability(durability::relaxed);
  settle(group);
  lose_power();
  EXPECT_EQ(doubt(group), (doubt_state{3, true, true}));
}

TEST_F(relaxed_doubt_test, group_that_became_durable_is_not_in_doubt_any_more) {
  under_test.logs.at(group)->set_durability(durability::durable);
  write(group, durability::durable);
  lose_power();
  EXPECT_FALSE(doubt(group).open);
  EXPECT_EQ(under_test.logs.at(group)->last_index(), log_index(2))
      << "the sync covers what was relaxed before";
}

TEST_F(relaxed_doubt_test, no_op_of_a_relaxed_group_does_not_make_it_durable) {
  under_test.logs.at(group)->set_durability(durability::relaxed);
  persist_request request;
  request.entries = {no_op_entry(2, 2, 1)};
  ASSERT_TRUE(under_test.persist(group, request, durability::durable));
  lose_power();
  EXPECT_TRUE(doubt(group).open);
}

TEST_F(relaxed_doubt_test, machine_that_does_not_tell_its_boot_is_taken_for_a_new_one) {
  under_test.options.kernel_boot_id.clear();
  under_test.options.boot_id_file = "/nowhere";
  kill();
  EXPECT_TRUE(doubt(group).open);
}

TEST_F(relaxed_doubt_test, boot_id_comes_from_the_file_that_is_named) {
  under_test.options.kernel_boot_id.clear();
  under_test.options.boot_id_file = "/boot_id";
  const auto say = [this](const std::string& id) {
    auto file = files.open("/boot_id", open_mode::create);
    ASSERT_TRUE(file);
    const bytes_view part(reinterpret_cast<const std::uint8_t*>(id.data()), id.size());
    ASSERT_TRUE((*file)->write_at(0, std::vector<bytes_view>{part}));
  };
  say("first\n");
  kill();
  under_test.logs.at(group)->set_durability(durability::relaxed);
  settle(group);
  kill();
  EXPECT_FALSE(doubt(group).open);
  say("other\n");
  kill();
  EXPECT_TRUE(doubt(group).open);
}

/// What was answered, and what was synced by the limits of time and bytes, over many losses of power.
TEST(relaxed_loss, takes_only_what_was_not_synced_yet_and_never_without_doubt) {
  std::int64_t lost_in_all = 0;
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    random_source random(seed);
    simulated_file_system files;
    store_under_test under_test(files);
    ASSERT_TRUE(under_test.open());
    const group_id group = group_number(1);
    under_test.create(group);
    std::int64_t answered = 0;
    std::map<std::int64_t, std::int64_t> answered_at_ms;
    for (std::uint64_t i = random.between(1, 60); i > 0; --i) {
      persist_request request;
      request.entries = {data_entry(answered + 1, 1, answered, 1, std::string(random.below(2'000), 'x'))};
      if (random.chance(1, 20)) request.hard = hard_state{term_number(answered + 2), replica_number(1)};
      ASSERT_TRUE(under_test.persist(group, request, durability::relaxed));
      answered_at_ms[++answered] = under_test.time.monotonic_ms();
      under_test.time.advance_ms(static_cast<std::int64_t>(random.below(30)));
      under_test.store->step();
      if (random.chance(1, 15)) ASSERT_TRUE(under_test.checkpoint(group, answered));
    }
    const std::int64_t power_went_ms = under_test.time.monotonic_ms();
    under_test.close();
    files.crash(seed);
    under_test.options.kernel_boot_id = "another";
    ASSERT_TRUE(under_test.open());
    const std::int64_t left = under_test.logs.at(group)->last_index().value();
    EXPECT_LE(left, answered);
    for (std::int64_t gone = left + 1; gone <= answered; ++gone)
      EXPECT_GE(answered_at_ms[gone] + 100, power_went_ms) << "entry " << gone << " had time to be synced";
    EXPECT_TRUE(under_test.recovered.at(group).restored.doubt.open);
    EXPECT_EQ(static_cast<std::int64_t>(under_test.all_entries(group).size()), left);
    lost_in_all += answered - left;
  }
  EXPECT_GT(lost_in_all, 100) << "a test that loses nothing proves nothing";
}

}  // namespace
}  // namespace marquee::raft
