#include "base/simulated_file_system.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>

namespace marquee {
namespace {

class simulated_file_system_test : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(files.create_directories("/d")); }
  [[nodiscard]] std::unique_ptr<file> create(const std::string& path) {
    auto opened = files.open(path, open_mode::create);
    EXPECT_TRUE(opened);
    return std::move(*opened);
  }
  [[nodiscard]] static result<> write(file& target, std::uint64_t position, const std::string& text) {
    const std::array<bytes_view, 1> parts{as_bytes(text)};
    return target.write_at(position, parts);
  }

  simulated_file_system files;
};

TEST_F(simulated_file_system_test, synced_file_in_a_synced_folder_survives_every_power_loss) {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    const std::string path = "/d/" + std::to_string(seed);
    auto target = create(path);
    ASSERT_TRUE(write(*target, 0, "content"));
    ASSERT_TRUE(target->sync());
    ASSERT_TRUE(files.sync_directory("/d"));
    files.crash(seed);
    EXPECT_EQ(as_text(files.content(path)), "content");
  }
}

TEST_F(simulated_file_system_test, what_was_not_synced_is_sometimes_lost_sometimes_there_sometimes_torn) {
  int lost = 0;
  int kept = 0;
  int torn = 0;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    const std::string path = "/d/" + std::to_string(seed);
    auto target = create(path);
    ASSERT_TRUE(write(*target, 0, std::string(2048, 'a')));
    ASSERT_TRUE(target->sync());
    ASSERT_TRUE(files.sync_directory("/d"));
    ASSERT_TRUE(write(*target, 0, std::string(2048, 'b')));
    files.crash(seed);
    const bytes found = files.content(path);
    const auto b = std::count(found.begin(), found.end(), 'b');
    EXPECT_EQ(b % 512, 0) << "sectors are written whole";
    (b == 0 ? lost : b == 2048 ? kept : torn) += 1;
  }
  EXPECT_GT(lost, 0);
  EXPECT_GT(kept, 0);
  EXPECT_GT(torn, 0);
}

TEST_F(simulated_file_system_test, name_in_a_folder_that_was_not_synced_may_vanish) {
  int vanished = 0;
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    const std::string path = "/d/" + std::to_string(seed);
    auto target = create(path);
    ASSERT_TRUE(target->sync());
    files.crash(seed);
    vanished += *files.exists(path) ? 0 : 1;
  }
  EXPECT_GT(vanished, 0);
  EXPECT_LT(vanished, 40);
}

TEST_F(simulated_file_system_test, killed_process_loses_its_handles_and_nothing_else) {
  auto target = create("/d/a");
  ASSERT_TRUE(write(*target, 0, "content"));
  files.kill_process();
  EXPECT_FALSE(write(*target, 0, "more"));
  EXPECT_EQ(as_text(files.content("/d/a")), "content");
}

TEST_F(simulated_file_system_test, failed_sync_loses_the_data_and_the_file_takes_no_more) {
  auto target = create("/d/a");
  ASSERT_TRUE(target->sync());
  ASSERT_TRUE(files.sync_directory("/d"));
  ASSERT_TRUE(write(*target, 0, "content"));
  files.fail_at(files.operations() + 1, disk_fault::io_error);
  EXPECT_EQ(target->sync().error().code, error_code::io);
  EXPECT_EQ(target->sync().error().code, error_code::io);
  files.crash(1);
  EXPECT_NE(as_text(files.content("/d/a")), "content");
}

TEST_F(simulated_file_system_test, short_write_leaves_its_first_half) {
  auto target = create("/d/a");
  files.fail_at(files.operations() + 1, disk_fault::short_write);
  EXPECT_EQ(write(*target, 0, "12345678").error().code, error_code::no_space);
  EXPECT_EQ(as_text(files.content("/d/a")), "1234");
}

TEST_F(simulated_file_system_test, full_disk_takes_no_more) {
  files.set_capacity(10);
  auto target = create("/d/a");
  EXPECT_TRUE(write(*target, 0, "1234567890"));
  EXPECT_TRUE(write(*target, 0, "abc")) << "overwriting needs no room";
  EXPECT_EQ(write(*target, 10, "1").error().code, error_code::no_space);
  EXPECT_EQ(*files.free_bytes("/d"), 0U);
}

TEST_F(simulated_file_system_test, lock_is_held_by_one_until_it_or_the_process_goes) {
  auto held = files.lock("/d/lock");
  ASSERT_TRUE(held);
  EXPECT_EQ(files.lock("/d/lock").error().code, error_code::refused);
  held->reset();
  held = files.lock("/d/lock");
  ASSERT_TRUE(held);
  files.kill_process();
  EXPECT_TRUE(files.lock("/d/lock"));
}

TEST_F(simulated_file_system_test, equal_seeds_give_equal_disks) {
  auto target = create("/d/a");
  ASSERT_TRUE(target->sync());
  ASSERT_TRUE(files.sync_directory("/d"));
  std::vector<bytes> found;
  for (int i = 0; i < 2; ++i) {
    simulated_file_system one;
    ASSERT_TRUE(one.create_directories("/d"));
    auto opened = one.open("/d/a", open_mode::create);
    ASSERT_TRUE((*opened)->sync());
    ASSERT_TRUE(one.sync_directory("/d"));
    ASSERT_TRUE(write(**opened, 0, std::string(5000, 'z')));
    one.crash(77);
    found.push_back(one.content("/d/a"));
  }
  EXPECT_EQ(found[0], found[1]);
}

TEST_F(simulated_file_system_test, behaves_like_a_file_system) {
  EXPECT_EQ(files.open("/d/none", open_mode::read).error().code, error_code::not_found);
  EXPECT_EQ(files.open("/none/a", open_mode::create).error().code, error_code::not_found);
  (void)create("/d/b");
  (void)create("/d/a");
  EXPECT_EQ(files.open("/d/a", open_mode::create_new).error().code, error_code::already_exists);
  ASSERT_TRUE(files.create_directories("/d/x/y"));
  EXPECT_EQ(*files.list("/d"), (std::vector<std::string>{"a", "b", "x"}));
  EXPECT_FALSE(files.remove_directory("/d/x"));
  ASSERT_TRUE(files.rename("/d/a", "/d/c"));
  EXPECT_EQ(*files.list("/d"), (std::vector<std::string>{"b", "c", "x"}));
  ASSERT_TRUE(replace_file(files, "/d/c", as_bytes("new")));
  EXPECT_EQ(as_text(*read_file(files, "/d/c", 100)), "new");
}

}  // namespace
}  // namespace marquee
