#include "load_balancer/admission.h"

#include <gtest/gtest.h>

#include <vector>

namespace marquee::load_balancer {
namespace {

class admission_test : public ::testing::Test {
 protected:
  simulated_clock clock;
  metrics_registry metrics;
  admission entrance{2, clock, metrics};
};

TEST_F(admission_test, lets_in_as_many_as_allowed_and_the_next_when_one_left) {
  auto first = entrance.enter();
  auto second = entrance.enter();
  ASSERT_TRUE(first && second);
  EXPECT_FALSE(entrance.enter());
  first.reset();
  EXPECT_TRUE(entrance.enter());
}

TEST_F(admission_test, counts_a_pass_that_was_moved_once) {
  auto first = entrance.enter();
  std::vector<admission::pass> held;
  held.push_back(std::move(*first));
  first.reset();
  auto second = entrance.enter();
  EXPECT_FALSE(entrance.enter());
  held.clear();
  EXPECT_TRUE(entrance.enter());
}

TEST_F(admission_test, says_to_come_again_when_those_under_way_are_done_at_the_present_rate) {
  for (int ended = 0; ended < 5; ++ended) static_cast<void>(entrance.enter());
  clock.advance_ms(1'000);
  const auto first = entrance.enter();
  const auto second = entrance.enter();
  EXPECT_EQ(entrance.retry_after_ms(), 400) << "two under way, five a second";
}

TEST_F(admission_test, spreads_those_it_refuses) {
  const auto first = entrance.enter();
  const auto second = entrance.enter();
  std::vector<std::int64_t> told;
  for (int refused = 0; refused < 4; ++refused) {
    EXPECT_FALSE(entrance.enter());
    told.push_back(entrance.retry_after_ms());
  }
  for (std::size_t i = 1; i < told.size(); ++i) EXPECT_GT(told[i], told[i - 1]);
}

TEST_F(admission_test, says_at_most_fifteen_seconds_when_nothing_ends_and_at_least_a_tenth) {
  EXPECT_GE(entrance.retry_after_ms(), 100);
  const auto first = entrance.enter();
  const auto second = entrance.enter();
  clock.advance_ms(600'000);
  for (int refused = 0; refused < 20; ++refused) {
    EXPECT_FALSE(entrance.enter());
    EXPECT_LE(entrance.retry_after_ms(), 15'000);
  }
}

}  // namespace
}  // namespace marquee::load_balancer
