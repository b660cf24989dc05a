#include "raft/storage/quarantine.h"

#include <gtest/gtest.h>

#include "base/simulated_file_system.h"
#include "tests/unit/raft/storage/store_under_test.h"

namespace marquee::raft {
namespace {

void make_file(simulated_file_system& files, const std::string& path, std::size_t size) {
  ASSERT_TRUE(files.create_directories("/node/data"));
  ASSERT_TRUE(files.open(path, open_mode::create));
  files.set_content(path, bytes(size));
}

TEST(quarantine_test, keeps_files_under_a_bound_and_lets_the_oldest_go) {
  simulated_file_system files;
  quarantine kept(files, "/node", 1000);
  std::string last;
  for (int i = 0; i < 5; ++i) {
    make_file(files, "/node/data/a.segment", 400);
    const auto taken = kept.take("/node/data/a.segment", group_number(1));
    ASSERT_TRUE(taken) << taken.error().message;
    last = *taken;
    EXPECT_FALSE(*files.exists("/node/data/a.segment"));
  }
  const auto names = files.list("/node/quarantine");
  ASSERT_EQ(names->size(), 2U);
  EXPECT_EQ("/node/quarantine/" + names->back(), last) << "the newest stays";
}

TEST(quarantine_test, removes_what_is_larger_than_all_of_it) {
  simulated_file_system files;
  make_file(files, "/node/data/a.segment", 2000);
  const auto taken = quarantine(files, "/node", 1000).take("/node/data/a.segment", group_number(1));
  ASSERT_TRUE(taken);
  EXPECT_EQ(*taken, "");
  EXPECT_FALSE(*files.exists("/node/data/a.segment"));
}

}  // namespace
}  // namespace marquee::raft
