#include "booking_app/front_end/status_rounds.h"

#include <gtest/gtest.h>

namespace marquee::booking {
namespace {

TEST(status_rounds, asks_at_what_it_has_consumed) {
  EXPECT_EQ(offset_to_ask(100, {}), 100);
  EXPECT_EQ(offset_to_ask(100, {90, 101, 100, 4'000}), 100);
}

TEST(status_rounds, asks_where_digests_are_still_kept_while_it_catches_up) {
  EXPECT_EQ(offset_to_ask(100, {500'000, 400'000, 90, 80}), 400'000);
  EXPECT_EQ(offset_to_ask(100, {500'000}), 100) << "one replica is no majority";
  EXPECT_EQ(offset_to_ask(100, {500'000, 90}), 100);
}

}  // namespace
}  // namespace marquee::booking
