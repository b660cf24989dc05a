#include "cli/raft_recover.h"

#include <gtest/gtest.h>

namespace marquee::cli {
namespace {

recovered_replica told(bool was_in_doubt, bool in_doubt) {
  recovered_replica one;
  one.broker = "127.0.0.1:9644";
  one.answer = replica_answer::told;
  one.was_in_doubt = was_in_doubt;
  one.in_doubt = in_doubt;
  return one;
}
recovered_replica silent() {
  recovered_replica one;
  one.broker = "127.0.0.1:9645";
  one.problem = "refused";
  return one;
}
recovered_replica without_replica() {
  recovered_replica one;
  one.answer = replica_answer::no_replica;
  return one;
}

TEST(raft_recover, reads_topic_and_partition) {
  const auto name = parse_partition_name("orders/12");
  ASSERT_TRUE(name);
  EXPECT_EQ(name->topic, "orders");
  EXPECT_EQ(name->partition, 12);
  for (const char* wrong : {"", "orders", "/0", "orders/", "orders/x", "orders/-1", "orders/1x"})
    EXPECT_FALSE(parse_partition_name(wrong)) << wrong;
}

TEST(raft_recover, refuses_to_lose_anything_that_was_not_accepted) {
  EXPECT_EQ(judge_recovery({told(true, true)}, false), exit_code::refused);
  const std::string text = describe_recovery({"orders", 0}, {told(true, true)}, false);
  EXPECT_NE(text.find("was not changed"), std::string::npos);
  EXPECT_NE(text.find("may then be gone"), std::string::npos);
}

TEST(raft_recover, tells_success_from_brokers_that_were_not_reached_and_from_nothing_found) {
  EXPECT_EQ(judge_recovery({told(true, false), without_replica()}, true), exit_code::success);
  EXPECT_EQ(judge_recovery({told(true, false), silent()}, true), exit_code::incomplete);
  EXPECT_EQ(judge_recovery({silent(), without_replica()}, true), exit_code::unavailable);
  EXPECT_EQ(judge_recovery({without_replica()}, true), exit_code::not_found);
  EXPECT_EQ(judge_recovery({}, true), exit_code::not_found);
}

TEST(raft_recover, nothing_in_doubt_is_nothing_to_do) {
  EXPECT_EQ(judge_recovery({told(false, false)}, false), exit_code::success);
  EXPECT_NE(describe_recovery({"orders", 0}, {told(false, false)}, true).find("nothing to do"),
            std::string::npos);
}

}  // namespace
}  // namespace marquee::cli
