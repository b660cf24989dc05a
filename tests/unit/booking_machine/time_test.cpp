#include <gtest/gtest.h>

#include "driver.h"

namespace marquee::booking {
namespace {

outcome apply(machine& target, std::int64_t timestamp_ms, std::string_view bytes = "garbage") {
  return target.apply({target.next_offset(), timestamp_ms, as_bytes(bytes)});
}

TEST(booking_time, is_zero_at_the_first_record_whatever_its_timestamp) {
  machine target;
  EXPECT_EQ(apply(target, 1'700'000'000'000).time_ms, 0);
}

TEST(booking_time, moves_by_the_distance_of_append_times_and_at_most_a_second) {
  machine target;
  apply(target, 5000);
  EXPECT_EQ(apply(target, 5400).time_ms, 400);
  EXPECT_EQ(apply(target, 3'605'400).time_ms, 1400);
  EXPECT_EQ(apply(target, 3'605'400).time_ms, 1400);
}

TEST(booking_time, stands_while_a_clock_goes_back_and_goes_on_from_there) {
  machine target;
  apply(target, 10'000);
  EXPECT_EQ(apply(target, 2'000).time_ms, 0);
  EXPECT_EQ(apply(target, 2'300).time_ms, 300);
}

TEST(booking_time, takes_any_timestamps) {
  machine target;
  apply(target, std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(apply(target, std::numeric_limits<std::int64_t>::max()).time_ms, 1000);
  EXPECT_EQ(apply(target, std::numeric_limits<std::int64_t>::min()).time_ms, 1000);
}

TEST(booking_time, lets_things_expire_at_records_that_are_no_commands) {
  driver log;
  log.add_show("S1", 1, 3);
  log.send("ann", "seat.hold", {{"show_id", "S1"}, {"seats", {"1A"}}, {"ttl_ms", 10}});
  log.step_ms = 9;
  log.raw("garbage");
  EXPECT_EQ(log.state_of("S1", "1A"), seat_state::held);
  log.step_ms = 1;
  log.raw("garbage");
  EXPECT_EQ(log.state_of("S1", "1A"), seat_state::available);
}

TEST(pending_deadline, is_that_of_the_next_thing_to_expire) {
  driver log;
  log.add_show("S1", 1, 3);
  EXPECT_FALSE(log.target.next_deadline_ms());
  log.send("ann", "seat.hold", {{"show_id", "S1"}, {"seats", {"1A"}}, {"ttl_ms", 5000}});
  EXPECT_EQ(log.target.next_deadline_ms(), log.target.time_ms() + 5000);
  log.open_session("ann", {{"lease_ms", 600}});
  EXPECT_EQ(log.target.next_deadline_ms(), log.target.time_ms() + 600);
}

}  // namespace
}  // namespace marquee::booking
