#include "client/retry_policy.h"

#include <gtest/gtest.h>

namespace marquee::client {
namespace {

class retry : public ::testing::Test {
 protected:
  static api_failure failing(bool retriable, request_outcome outcome, std::int64_t retry_after_ms = 0) {
    return {.retriable = retriable, .outcome = outcome, .retry_after_ms = retry_after_ms};
  }
  const client_options options_{.deadline_ms = 10'000, .first_pause_ms = 10, .longest_pause_ms = 100};
  random_source random_{1};
};

TEST_F(retry, gives_up_at_once_when_the_cluster_says_that_it_cannot_help) {
  retry_policy policy(options_, repeatability::repeatable, random_);
  EXPECT_FALSE(policy.pause_after(failing(false, request_outcome::definite), 0));
}

TEST_F(retry, never_sends_twice_what_may_have_taken_effect_and_is_not_repeatable) {
  retry_policy policy(options_, repeatability::once, random_);
  EXPECT_FALSE(policy.pause_after(failing(true, request_outcome::unknown), 0));
  EXPECT_TRUE(policy.pause_after(failing(true, request_outcome::definite), 0));
}

TEST_F(retry, sends_again_what_is_repeatable) {
  retry_policy policy(options_, repeatability::repeatable, random_);
  EXPECT_TRUE(policy.pause_after(failing(true, request_outcome::unknown), 0));
}

TEST_F(retry, doubles_its_pauses_up_to_the_longest) {
  retry_policy policy(options_, repeatability::repeatable, random_);
  for (const std::int64_t most : {10, 20, 40, 80, 100, 100, 100}) {
    const auto pause = policy.pause_after(failing(true, request_outcome::unknown), 0);
    ASSERT_TRUE(pause);
    EXPECT_GE(*pause, most / 2);
    EXPECT_LE(*pause, most);
  }
}

TEST_F(retry, waits_as_long_as_the_cluster_asks) {
  retry_policy policy(options_, repeatability::repeatable, random_);
  EXPECT_EQ(policy.pause_after(failing(true, request_outcome::definite, 1500), 0), 1500);
}

TEST_F(retry, makes_no_pause_that_ends_after_the_deadline) {
  retry_policy policy(options_, repeatability::repeatable, random_);
  EXPECT_FALSE(policy.pause_after(failing(true, request_outcome::definite, 1500), 9'000));
  EXPECT_FALSE(policy.pause_after(failing(true, request_outcome::definite), 10'000));
}

}  // namespace
}  // namespace marquee::client
