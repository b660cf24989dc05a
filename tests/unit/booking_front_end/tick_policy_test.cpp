#include "booking_app/front_end/tick_policy.h"

#include <gtest/gtest.h>

namespace marquee::booking {
namespace {

TEST(tick_policy, nobody_ticks_without_a_deadline) {
  const tick_policy policy(250, 1);
  EXPECT_GT(policy.wait_ms(false, 1'000'000), 0);
}

TEST(tick_policy, ticks_in_time_after_the_last_record) {
  tick_policy policy(250, 1);
  policy.on_record(1'000);
  EXPECT_GT(policy.wait_ms(true, 1'000), 0);
  EXPECT_LE(policy.wait_ms(true, 1'000), 250);
  EXPECT_EQ(policy.wait_ms(true, 1'000 + policy.wait_ms(true, 1'000)), 0);
  policy.on_record(1'200);
  EXPECT_GT(policy.wait_ms(true, 1'250), 0) << "a record was seen meanwhile";
}

TEST(tick_policy, one_tick_is_under_way) {
  tick_policy policy(250, 1);
  policy.on_sent();
  EXPECT_GT(policy.wait_ms(true, 1'000'000), 0);
  policy.on_ended();
  EXPECT_EQ(policy.wait_ms(true, 1'000'000), 0);
}

TEST(tick_policy, the_second_front_end_lets_the_first_one_tick) {
  tick_policy first(250, 1);
  tick_policy second(250, 2);
  tick_policy last(250, 16);
  for (tick_policy* one : {&first, &second, &last}) one->on_record(1'000);
  EXPECT_GT(second.wait_ms(true, 1'000), first.wait_ms(true, 1'000));
  EXPECT_LE(last.wait_ms(true, 1'000), 250);
}

}  // namespace
}  // namespace marquee::booking
