#include "booking_app/front_end/session_events.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "log_writer.h"

namespace marquee::booking {
namespace {

using nlohmann::json;

outcome with_events(std::string events, std::int64_t offset = 9) {
  outcome made;
  made.offset = offset;
  made.time_ms = 70;
  made.events = std::move(events);
  return made;
}

TEST(session_events, splits_lists_whatever_texts_hold) {
  EXPECT_TRUE(split_events("[]").empty());
  const std::string list = R"([{"a":"}{\"","b":[1,{"c":2}]},{"d":1}])";
  const auto events = split_events(list);
  ASSERT_EQ(events.size(), 2U);
  EXPECT_EQ(events[0], R"({"a":"}{\"","b":[1,{"c":2}]})");
  EXPECT_EQ(events[1], R"({"d":1})");
}

TEST(session_events, tells_a_session_what_happened_to_it_once) {
  log_writer log;
  session_events events;
  (void)log.open_session("alice", 1, 500);
  events.on_applied(log.last());
  EXPECT_EQ(events.sessions(), 1U);
  EXPECT_FALSE(events.has_events(0)) << "its client knows that it was opened";
  (void)log.tick(600);
  events.on_applied(log.last());
  const auto told = events.take(0);
  ASSERT_EQ(told.size(), 1U);
  const json event = json::parse(told[0]);
  EXPECT_EQ(event["type"], "session.jeopardy");
  EXPECT_EQ(event["offset"], 1);
  EXPECT_TRUE(events.take(0).empty());
}

TEST(session_events, wakes_and_forgets_a_session_that_ended) {
  session_events events;
  events.listen(5, "alice");
  const net::wake_point changed = events.changed(5);
  const auto seen = changed.generation();
  events.on_applied(with_events(R"([{"client_id":"alice","session_id":"s-5","type":"session.expired"}])"));
  EXPECT_NE(changed.generation(), seen);
  EXPECT_EQ(events.sessions(), 0U);
}

TEST(session_events, a_client_hears_of_its_offers_and_of_nobody_elses) {
  session_events events;
  events.listen(5, "ali\"ce");
  events.listen(6, "bob");
  events.on_applied(with_events(
      R"([{"client_id":"ali\"ce","expires_in_ms":1,"hold_id":"H-9-1","seats":["1A"],"show_id":"S1","type":"waitlist.offered"},)"
      R"({"client_id":"bob","seats":["1A"],"show_id":"S1","type":"seat.held","version":2}])"));
  const auto told = events.take(5);
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(json::parse(told[0])["hold_id"], "H-9-1");
  EXPECT_FALSE(events.has_events(6)) << "seats are the stream's";
}

TEST(session_events, a_client_id_that_looks_like_a_session_is_none) {
  session_events events;
  events.listen(5, "alice");
  events.on_applied(with_events(
      R"([{"client_id":"\",\"session_id\":\"s-5","show_id":"S1","type":"seat.held","version":2}])"));
  EXPECT_FALSE(events.has_events(5));
}

TEST(session_events, keeps_the_newest) {
  session_events events;
  events.listen(5, "alice");
  for (int i = 0; i < 100; ++i)
    events.on_applied(with_events(R"([{"client_id":"alice","session_id":"s-5","type":"session.safe"}])", i));
  const auto told = events.take(5);
  ASSERT_EQ(told.size(), session_events::most_events);
  EXPECT_EQ(json::parse(told.back())["offset"], 99);
}

}  // namespace
}  // namespace marquee::booking
