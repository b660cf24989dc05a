#include "broker/disk_watch.h"

#include <gtest/gtest.h>

#include "base/simulated_file_system.h"

namespace marquee::broker {
namespace {

class disk_watch_test : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(files.create_directories("/data")); }

  simulated_file_system files;
  metrics_registry metrics;
  net::event_loop loop{"disk"};
  std::vector<bool> changes;
  result<> log_space;
  disk_watch watch{loop,
                   files,
                   metrics,
                   "/data",
                   1000,
                   [this] { return log_space; },
                   [this](bool low) { changes.push_back(low); }};
};

TEST_F(disk_watch_test, says_so_once_when_too_little_is_free_and_once_when_there_is_enough_again) {
  files.set_capacity(1000);
  watch.check();
  EXPECT_TRUE(watch.state());
  EXPECT_TRUE(changes.empty());
  files.set_capacity(999);
  watch.check();
  watch.check();
  EXPECT_EQ(changes, std::vector{true});
  const auto why = watch.state();
  ASSERT_FALSE(why);
  EXPECT_EQ(why.error().code, error_code::no_space);
  EXPECT_NE(why.error().message.find("/data"), std::string::npos);
  files.set_capacity(1200);
  watch.check();
  EXPECT_FALSE(watch.state()) << "not to and fro";
  files.set_capacity(1250);
  watch.check();
  EXPECT_TRUE(watch.state());
  EXPECT_EQ(changes, (std::vector{true, false}));
}

TEST_F(disk_watch_test, stays_aside_while_the_log_meets_a_full_disk) {
  files.set_capacity(1000);
  log_space = fail(error_code::no_space, "full");
  watch.check();
  EXPECT_EQ(changes, std::vector{true});
  EXPECT_NE(watch.state().error().message.find("its log cannot grow"), std::string::npos);
  files.set_capacity(999);
  log_space = {};
  watch.check();
  EXPECT_EQ(changes, std::vector{true}) << "nearly full is reason enough";
  files.set_capacity(2000);
  watch.check();
  EXPECT_EQ(changes, (std::vector{true, false}));
}

}  // namespace
}  // namespace marquee::broker
