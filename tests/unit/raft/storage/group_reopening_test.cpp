#include <gtest/gtest.h>

#include "raft/storage/segment_format.h"
#include "tests/unit/raft/storage/store_under_test.h"

namespace marquee::raft {
namespace {

constexpr std::int64_t last = 60;
constexpr std::int64_t moved = 50;

/// A store that runs, with two groups; a bit flips in a segment of one of them.
class group_reopening_test : public testing::Test {
 protected:
  void SetUp() override { fill(under_test); }

  static std::vector<entry> entries(std::int64_t from, std::int64_t to) {
    std::vector<entry> made;
    for (std::int64_t i = from; i <= to; ++i)
      made.push_back(data_entry(i, 1, i - 1, 1, std::string(500, 'x')));
    return made;
  }
  void fill(store_under_test& store) const {
    ASSERT_TRUE(store.open());
    for (const group_id& each : {group, other}) {
      store.create(each);
      for (std::int64_t i = 1; i <= last; i += 10) ASSERT_TRUE(store.append(each, entries(i, i + 9)));
      ASSERT_TRUE(store.checkpoint(each, moved));
    }
  }
  static void flip(simulated_file_system& disk, const std::string& path) {
    bytes content = disk.content(path);
    content[content.size() / 2] ^= 4;
    disk.set_content(path, content);
  }
  [[nodiscard]] std::size_t read_all_that_can_be(store_under_test& store) const {
    const auto found = store.logs.at(group)->read(log_index(1), log_index(last + 1), 1 << 20);
    return found ? found->size() : 0;
  }
  [[nodiscard]] std::string segment() const {
    return segment_path(group_folder("/node", group), log_index(1));
  }
  /// As the runtime does it: the log is given back first.
  static result<> reopen(store_under_test& store, const group_id& which) {
    store.logs.erase(which);
    auto found = store.store->reopen_group(which);
    if (!found) return fail(found);
    store.logs[which] = std::move(found->log);
    store.recovered.insert_or_assign(which, std::move(*found));
    return {};
  }

  simulated_file_system files;
  store_under_test under_test{files};
  const group_id group = group_number(1);
  const group_id other = group_number(2);
};

TEST_F(group_reopening_test, damage_is_cut_off_and_what_a_leader_sends_again_stays) {
  flip(files, segment());
  EXPECT_LT(read_all_that_can_be(under_test), static_cast<std::size_t>(last));
  ASSERT_TRUE(under_test.logs.at(group)->damage_met());
  ASSERT_TRUE(reopen(under_test, group));
  const recovered_group& found = under_test.recovered.at(group);
  EXPECT_NE(found.cut_off.find(segment()), std::string::npos) << found.cut_off;
  EXPECT_TRUE(found.restored.doubt.open);
  EXPECT_EQ(found.restored.doubt.number, 1U);
  const std::int64_t kept = under_test.logs.at(group)->last_index().value();
  EXPECT_GT(kept, 0);
  EXPECT_LT(kept, moved);
  EXPECT_LE(found.restored.commit_index.value(), kept);
  EXPECT_FALSE(under_test.logs.at(group)->damage_met());
  EXPECT_EQ(under_test.all_entries(group).size(), static_cast<std::size_t>(kept));

  ASSERT_TRUE(under_test.append(group, entries(kept + 1, last)));
  ASSERT_TRUE(under_test.checkpoint(group, last - 1)) << "its segments go on";
  EXPECT_EQ(under_test.all_entries(other).size(), static_cast<std::size_t>(last)) << "nobody else is touched";
  ASSERT_TRUE(under_test.append(other, entries(last + 1, last + 1)));
  under_test.close();
  files.crash(7);
  ASSERT_TRUE(under_test.open());
  EXPECT_EQ(under_test.recovered.at(group).cut_off, "");
  EXPECT_TRUE(under_test.recovered.at(group).restored.doubt.open) << "until a leader settles it";
  EXPECT_EQ(under_test.recovered.at(group).restored.doubt.number, 1U);
  EXPECT_EQ(under_test.all_entries(group).size(), static_cast<std::size_t>(last));
  EXPECT_EQ(under_test.all_entries(other).size(), static_cast<std::size_t>(last + 1));
  EXPECT_TRUE(under_test.fatal.empty());
}

TEST_F(group_reopening_test, sound_log_is_opened_as_it_was) {
  ASSERT_TRUE(reopen(under_test, group));
  EXPECT_EQ(under_test.recovered.at(group).cut_off, "");
  EXPECT_FALSE(under_test.recovered.at(group).restored.doubt.open);
  EXPECT_EQ(under_test.all_entries(group).size(), static_cast<std::size_t>(last));
  EXPECT_TRUE(under_test.append(group, entries(last + 1, last + 1)));
}

TEST_F(group_reopening_test, vote_of_before_is_known_after_it) {
  persist_request vote;
  vote.hard = hard_state{term_number(9), replica_number(2)};
  ASSERT_TRUE(under_test.persist(group, vote));
  flip(files, segment());
  ASSERT_TRUE(reopen(under_test, group));
  EXPECT_EQ(under_test.recovered.at(group).restored.hard, *vote.hard);
  under_test.close();
  files.crash(3);
  ASSERT_TRUE(under_test.open());
  EXPECT_EQ(under_test.recovered.at(group).restored.hard, *vote.hard);
}

TEST_F(group_reopening_test, group_that_could_not_be_opened_stays_closed_and_is_opened_later) {
  flip(files, segment());
  files.set_capacity(1);
  EXPECT_FALSE(reopen(under_test, group));
  EXPECT_EQ(under_test.store->create_group(group, three_voters()).error().code, error_code::unavailable);
  EXPECT_EQ(under_test.store->reopen_group(group_number(9)).error().code, error_code::not_found);
  EXPECT_TRUE(under_test.append(other, entries(last + 1, last + 1))) << "the others go on";
  files.set_capacity(std::uint64_t{1} << 40);
  const auto found = under_test.store->reopen_group(group);
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_NE(found->cut_off, "");
  EXPECT_TRUE(found->restored.doubt.open);
}

// Whatever fails or is cut short on the way: the next start finds a beginning of the log, in doubt if it is
// shorter, and the other group whole.
TEST_F(group_reopening_test, power_loss_at_every_operation_of_it_loses_nothing_that_is_sound) {
  for (const disk_fault fault : {disk_fault::crash, disk_fault::no_space}) {
    bool done = false;
    for (std::uint64_t step = 1; !done; ++step) {
      ASSERT_LT(step, 300U);
      simulated_file_system disk;
      store_under_test store(disk);
      fill(store);
      flip(disk, segment());
      (void)read_all_that_can_be(store);
      const std::uint64_t before = disk.operations();
      disk.fail_at(before + step, fault);
      const auto reopened = reopen(store, group);
      done = disk.operations() < before + step;
      if (reopened) (void)store.append(group, entries(store.logs.at(group)->last_index().value() + 1, last));
      store.close();
      disk.crash(step);
      ASSERT_TRUE(store.open()) << "step " << step;
      const recovered_group& found = store.recovered.at(group);
      EXPECT_EQ(found.damage, "") << "step " << step;
      EXPECT_TRUE(found.restored.doubt.open) << "step " << step;
      for (const entry& e : store.all_entries(group)) EXPECT_TRUE(verify_entry(e));
      EXPECT_EQ(store.all_entries(other).size(), static_cast<std::size_t>(last)) << "step " << step;
    }
  }
}

}  // namespace
}  // namespace marquee::raft
