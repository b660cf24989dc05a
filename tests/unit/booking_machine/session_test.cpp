#include <gtest/gtest.h>

#include "driver.h"

namespace marquee::booking {
namespace {

json with_session(const std::string& id) {
  return {{"session_id", id}};
}

std::string hold_of(driver& log, const std::string& client, const std::string& seat,
                    const json& extra = json::object()) {
  return log.send(client, "seat.hold", {{"show_id", "S1"}, {"seats", {seat}}}, extra)["body"].value("hold_id",
                                                                                                    "");
}

TEST(sessions, open_with_defaults_and_limits) {
  driver log;
  const json opened = log.send("ann", "session.open");
  EXPECT_EQ(opened["code"], "SESSION_OPENED");
  EXPECT_EQ(opened["body"], (json{{"session_id", "s-0"}, {"lease_ms", 12'000}, {"grace_ms", 45'000}}));
  EXPECT_EQ(log.event_types(), std::vector<std::string>{"session.opened"});
  EXPECT_EQ(log.code("ann", "session.open", {{"lease_ms", 499}}), "BAD_COMMAND");
  EXPECT_EQ(log.code("ann", "session.open", {{"lease_ms", 300'001}}), "BAD_COMMAND");
  EXPECT_EQ(log.code("ann", "session.open", {{"grace_ms", -1}}), "BAD_COMMAND");
  EXPECT_EQ(log.code("ann", "session.open", {{"grace_ms", 0}, {"lease_ms", 500}}), "SESSION_OPENED");
}

TEST(sessions, are_counted_per_client_and_over_all) {
  driver log;
  log.send("admin", "config.set", {{"key", "max_sessions_per_client"}, {"value", 2}});
  log.send("admin", "config.set", {{"key", "max_sessions"}, {"value", 3}});
  const std::string first = log.open_session("ann");
  log.open_session("ann");
  EXPECT_EQ(log.code("ann", "session.open"), "TOO_MANY_SESSIONS");
  EXPECT_EQ(log.code("bob", "session.open"), "SESSION_OPENED");
  EXPECT_EQ(log.code("cat", "session.open"), "TOO_MANY_SESSIONS");
  log.send("ann", "session.close", {}, with_session(first));
  EXPECT_EQ(log.code("cat", "session.open"), "SESSION_OPENED");
}

TEST(sessions, go_into_jeopardy_at_the_lease_and_end_with_the_grace) {
  driver log;
  const std::string id = log.open_session("ann", {{"lease_ms", 1000}, {"grace_ms", 2000}});
  log.wait(999);
  EXPECT_TRUE(log.event_types().empty());
  log.wait(1);
  EXPECT_EQ(log.event_types(), std::vector<std::string>{"session.jeopardy"});
  log.wait(1999);
  EXPECT_NE(log.target.state().sessions.find(0), nullptr);
  log.wait(1);
  EXPECT_EQ(log.event_types(), std::vector<std::string>{"session.expired"});
  EXPECT_EQ(log.code("ann", "queue.join", {{"show_id", "S1"}}, with_session(id)), "SESSION_EXPIRED");
}

TEST(sessions, without_grace_pass_through_jeopardy_in_the_same_record) {
  driver log;
  log.open_session("ann", {{"lease_ms", 500}, {"grace_ms", 0}});
  log.wait(500);
  EXPECT_EQ(log.event_types(), (std::vector<std::string>{"session.jeopardy", "session.expired"}));
}

TEST(sessions, are_renewed_by_any_command_even_a_refused_one) {
  driver log;
  const std::string id = log.open_session("ann", {{"lease_ms", 1000}, {"grace_ms", 1000}});
  log.wait(1500);
  EXPECT_EQ(log.code("ann", "queue.join", {{"show_id", "none"}}, with_session(id)), "NO_SUCH_SHOW");
  EXPECT_EQ(log.event_types(), std::vector<std::string>{"session.safe"});
  log.wait(999);
  EXPECT_EQ(log.target.state().sessions.find(0)->state, session_state::active);
  log.raw(R"({"v":1,"type":"queue.join","client_id":"ann","session_id":"s-0","seq":0,"body":{}})");
  log.wait(1);
  EXPECT_EQ(log.target.state().sessions.find(0)->state, session_state::jeopardy)
      << "what is no command renews nothing";
}

TEST(sessions, are_renewed_by_a_touch_of_anybody) {
  driver log;
  log.open_session("ann", {{"lease_ms", 1000}, {"grace_ms", 1000}});
  log.wait(1200);
  const json touched = log.raw(
      R"({"v":1,"type":"session.touch","client_id":"_fe-1","reply_to":"fe-1","body":{"ids":["s-9","s-0","x"]}})");
  EXPECT_EQ(touched["code"], "TOUCHED");
  EXPECT_EQ(touched["body"], (json{{"unknown", {"s-9", "x"}}}));
  EXPECT_EQ(log.event_types(), std::vector<std::string>{"session.safe"});
}

TEST(sessions, can_be_resumed_while_they_live_and_by_their_client_only) {
  driver log;
  log.open_session("ann", {{"lease_ms", 1000}, {"grace_ms", 1000}});
  log.wait(1200);
  const json resumed = log.send("ann", "session.open", {{"resume", "s-0"}});
  EXPECT_EQ(resumed["code"], "SESSION_OPENED");
  EXPECT_EQ(resumed["body"]["session_id"], "s-0");
  EXPECT_EQ(resumed["body"]["lease_ms"], 1000);
  EXPECT_EQ(log.event_types(), std::vector<std::string>{"session.safe"});
  EXPECT_EQ(log.code("bob", "session.open", {{"resume", "s-0"}}), "NOT_OWNER");
  EXPECT_EQ(log.code("bob", "session.open", {{"resume", "s-2"}}), "SESSION_EXPIRED");
  EXPECT_EQ(log.code("bob", "session.open", {{"resume", "s-99999"}}), "NO_SUCH_SESSION");
}

TEST(sessions, of_others_or_never_opened_are_told_apart) {
  driver log;
  const std::string id = log.open_session("ann");
  const json body = {{"show_id", "S1"}};
  EXPECT_EQ(log.code("bob", "queue.join", body, with_session(id)), "NOT_OWNER");
  EXPECT_EQ(log.code("bob", "queue.join", body, with_session("s-1")), "SESSION_EXPIRED");
  for (const char* other : {"s-1000", "s-01", "S-0", "s-", "s-99999999999999999999", ""})
    EXPECT_EQ(log.code("bob", "queue.join", body, with_session(other)), "NO_SUCH_SESSION") << other;
}

TEST(sessions, give_back_what_they_hold_when_closed) {
  driver log;
  log.add_show("S1", 2, 4);
  const std::string id = log.open_session("ann");
  const std::string with = hold_of(log, "ann", "1A", with_session(id));
  const std::string without = hold_of(log, "ann", "1B");
  log.send("ann", "lock.acquire", {{"name", "hall"}}, with_session(id));
  const json closed = log.send("ann", "session.close", {}, with_session(id));
  EXPECT_EQ(closed["code"], "CLOSED");
  EXPECT_EQ(closed["body"], (json{{"released_holds", {with}}, {"released_locks", {"hall"}}}));
  EXPECT_EQ(log.event_types(),
            (std::vector<std::string>{"session.closed", "hold.released", "seat.released", "lock.released"}));
  EXPECT_EQ(log.state_of("S1", "1A"), seat_state::available);
  EXPECT_EQ(log.state_of("S1", "1B"), seat_state::held);
  EXPECT_EQ(log.code("ann", "booking.confirm", {{"hold_id", with}}), "ALREADY_RELEASED");
  EXPECT_EQ(log.code("ann", "booking.confirm", {{"hold_id", without}}), "BOOKED");
  EXPECT_EQ(log.code("ann", "session.close", {}, with_session(id)), "SESSION_EXPIRED");
  EXPECT_EQ(log.code("ann", "session.close"), "BAD_COMMAND");
}

TEST(sessions, that_expire_take_holds_locks_and_places_along_but_no_booking) {
  driver log;
  log.add_show("S1", 1, 3);
  const std::string id = log.open_session("ann", {{"lease_ms", 1000}, {"grace_ms", 1000}});
  const std::string other = log.open_session("bob", {{"lease_ms", 100'000}});
  const std::string booking = log.reserve("ann", "S1", {"1A"});
  const std::string hold = hold_of(log, "ann", "1B", with_session(id));
  log.reserve("cat", "S1", {"1C"});
  log.send("ann", "waitlist.join", {{"show_id", "S1"}, {"n", 1}}, with_session(id));
  log.send("ann", "lock.acquire", {{"name", "hall"}, {"ttl_ms", 60'000}}, with_session(id));
  log.send("bob", "lock.acquire", {{"name", "hall"}}, with_session(other));
  log.wait(2100);
  EXPECT_EQ(log.state_of("S1", "1B"), seat_state::available) << "the place on the waiting list ended too";
  EXPECT_EQ(log.state_of("S1", "1A"), seat_state::booked);
  EXPECT_EQ(log.target.state().locks.find("hall")->grant->client, "bob");
  EXPECT_EQ(log.code("ann", "booking.confirm", {{"hold_id", hold}}), "HOLD_EXPIRED");
  EXPECT_EQ(log.code("ann", "booking.cancel", {{"booking_id", booking}}), "CANCELLED");
  expect_consistent(log.target);
}

TEST(sessions, that_end_together_hand_nothing_to_each_other) {
  driver log;
  const std::string first = log.open_session("ann", {{"lease_ms", 1000}, {"grace_ms", 0}});
  const std::string second = log.open_session("bob", {{"lease_ms", 1000}, {"grace_ms", 0}});
  log.send("ann", "lock.acquire", {{"name", "hall"}}, with_session(first));
  log.send("bob", "lock.acquire", {{"name", "hall"}}, with_session(second));
  log.wait(1000);
  EXPECT_FALSE(log.target.state().locks.find("hall")->grant);
  ASSERT_EQ(log.replies().size(), 1U);
  EXPECT_EQ(log.replies()[0]["code"], "SESSION_EXPIRED");
  EXPECT_EQ(log.replies()[0]["client_id"], "bob");
}

}  // namespace
}  // namespace marquee::booking
