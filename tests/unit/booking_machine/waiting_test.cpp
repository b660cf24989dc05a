#include <gtest/gtest.h>

#include "booking_app/machine/queries.h"
#include "driver.h"

namespace marquee::booking {
namespace {

json join(driver& log, const std::string& client, int n, const json& extra = json::object()) {
  return log.send(client, "waitlist.join", {{"show_id", "S1"}, {"n", n}}, extra);
}

void sell_out(driver& log) {
  log.add_show("S1", 1, 4);
  log.reserve("owner", "S1", {"1A", "1B", "1C", "1D"});
}

TEST(waiting_list, takes_whoever_finds_too_few_seats) {
  driver log;
  log.add_show("S1", 1, 4);
  EXPECT_EQ(log.code("ann", "waitlist.join", {{"show_id", "S2"}, {"n", 1}}), "NO_SUCH_SHOW");
  EXPECT_EQ(join(log, "ann", 4)["code"], "NOT_SOLD_OUT");
  EXPECT_EQ(join(log, "ann", 11)["code"], "LIMIT");
  EXPECT_EQ(join(log, "ann", 0)["code"], "BAD_COMMAND");
  const json first = join(log, "ann", 5);
  EXPECT_EQ(first["code"], "QUEUED");
  EXPECT_EQ(first["body"], (json{{"position", 1}}));
  EXPECT_EQ(log.event_types(), std::vector<std::string>{"waitlist.joined"});
  EXPECT_EQ(join(log, "ann", 4)["code"], "ALREADY_WAITING");
  EXPECT_EQ(join(log, "bob", 5)["body"]["position"], 2);
  EXPECT_EQ(log.code("ann", "waitlist.leave", {{"show_id", "S1"}}), "LEFT");
  EXPECT_EQ(log.code("ann", "waitlist.leave", {{"show_id", "S1"}}), "NOT_WAITING");
  expect_consistent(log.target);
}

TEST(waiting_list, offers_seats_first_come_first_served) {
  driver log;
  sell_out(log);
  join(log, "ann", 1);
  join(log, "bob", 1);
  join(log, "cat", 1);
  log.send("owner", "seat.cancel", {{"show_id", "S1"}, {"seats", {"1B", "1A"}}});
  EXPECT_EQ(log.event_types(), (std::vector<std::string>{"seat.released", "waitlist.offered", "seat.held",
                                                         "waitlist.offered", "seat.held"}));
  const json offer = log.events()[1];
  EXPECT_EQ(offer["client_id"], "ann");
  EXPECT_EQ(offer["hold_id"], "H-5-1");
  EXPECT_EQ(offer["expires_in_ms"], 120'000);
  EXPECT_EQ(log.events()[3]["hold_id"], "H-5-2");
  EXPECT_EQ(log.code("bob", "booking.confirm", {{"hold_id", "H-5-1"}}), "NOT_OWNER");
  EXPECT_EQ(log.code("bob", "booking.confirm", {{"hold_id", "H-5-2"}}), "BOOKED");
  log.wait(119'998);
  EXPECT_EQ(log.event_types(),
            (std::vector<std::string>{"hold.expired", "seat.released", "waitlist.offered", "seat.held"}));
  EXPECT_EQ(log.events()[2]["client_id"], "cat") << "who lets an offer pass is not queued again";
  EXPECT_EQ(log.code("ann", "booking.confirm", {{"hold_id", "H-5-1"}}), "HOLD_EXPIRED");
  expect_consistent(log.target);
}

TEST(waiting_list, is_stopped_by_the_first_who_cannot_be_served) {
  driver log;
  sell_out(log);
  join(log, "ann", 2);
  join(log, "bob", 1);
  log.send("owner", "seat.cancel", {{"show_id", "S1"}, {"seats", {"1A"}}});
  EXPECT_EQ(log.event_types(), std::vector<std::string>{"seat.released"});
  log.send("ann", "waitlist.leave", {{"show_id", "S1"}});
  EXPECT_EQ(log.event_types(), (std::vector<std::string>{"waitlist.left", "waitlist.offered", "seat.held"}));
}

TEST(waiting_list, gets_an_expired_seat_before_the_records_own_command) {
  driver log;
  log.add_show("S1", 1, 1);
  log.send("owner", "seat.hold", {{"show_id", "S1"}, {"seats", {"1A"}}, {"ttl_ms", 500}});
  join(log, "ann", 1);
  log.step_ms = 600;
  EXPECT_EQ(log.code("bob", "seat.reserve", {{"show_id", "S1"}, {"seats", {"1A"}}}), "SEAT_TAKEN");
  EXPECT_EQ(log.events()[2]["client_id"], "ann");
}

TEST(waiting_list, passes_a_released_offer_on) {
  driver log;
  sell_out(log);
  join(log, "ann", 1);
  join(log, "bob", 1);
  log.send("owner", "seat.cancel", {{"show_id", "S1"}, {"seats", {"1A"}}});
  EXPECT_EQ(log.code("ann", "hold.release", {{"hold_id", "H-4-1"}}), "RELEASED");
  EXPECT_EQ(log.events()[1]["client_id"], "bob");
  EXPECT_EQ(log.events()[1]["hold_id"], "H-5-1");
}

TEST(waiting_list, ends_with_the_session_that_joined) {
  driver log;
  sell_out(log);
  const std::string session = log.open_session("ann");
  join(log, "ann", 1, {{"session_id", session}});
  log.send("ann", "session.close", {}, {{"session_id", session}});
  EXPECT_EQ(log.code("ann", "waitlist.leave", {{"show_id", "S1"}}), "NOT_WAITING");
}

json queue(driver& log, const std::string& client, const json& extra = json::object()) {
  return log.send(client, "queue.join", {{"show_id", "S1"}}, extra);
}

TEST(admission, lets_so_many_in_and_the_rest_wait) {
  driver log;
  log.add_show("S1", 2, 4, {{"queue", {{"max_active", 2}, {"admit_ms", 1000}}}});
  EXPECT_EQ(log.code("ann", "seat.reserve", {{"show_id", "S1"}, {"seats", {"1A"}}}), "NOT_ADMITTED");
  const json ann = queue(log, "ann");
  EXPECT_EQ(ann["code"], "ADMITTED");
  EXPECT_EQ(ann["body"], (json{{"token", "Q-2"}}));
  EXPECT_EQ(log.event_types(), std::vector<std::string>{"queue.admitted"});
  EXPECT_EQ(queue(log, "ann")["body"]["token"], "Q-2") << "asking again keeps the admission";
  EXPECT_EQ(queue(log, "bob")["code"], "ADMITTED");
  EXPECT_EQ(queue(log, "cat")["body"], (json{{"position", 1}, {"eta_ms", 1000}}));
  EXPECT_EQ(queue(log, "dan")["body"], (json{{"position", 2}, {"eta_ms", 1000}}));
  EXPECT_EQ(queue(log, "eve")["body"], (json{{"position", 3}, {"eta_ms", 2000}}));
  EXPECT_EQ(queue(log, "cat")["body"]["position"], 1);
  EXPECT_EQ(log.code("cat", "seat.hold", {{"show_id", "S1"}, {"seats", {"1A"}}}), "NOT_ADMITTED");
  EXPECT_EQ(log.code("ann", "seat.reserve", {{"show_id", "S1"}, {"seats", {"1A"}}}), "RESERVED");
  EXPECT_EQ(log.event_types(), (std::vector<std::string>{"seat.booked", "queue.admitted"}));
  EXPECT_EQ(log.events()[1]["client_id"], "cat");
  EXPECT_EQ(log.code("ann", "seat.reserve", {{"show_id", "S1"}, {"seats", {"1B"}}}), "NOT_ADMITTED");
  log.wait(1000);
  EXPECT_EQ(queue(log, "eve")["code"], "ADMITTED");
  expect_consistent(log.target);
}

TEST(admission, of_a_session_ends_with_it) {
  driver log;
  log.add_show("S1", 1, 4, {{"queue", {{"max_active", 1}, {"admit_ms", 100'000}}}});
  const std::string session = log.open_session("ann");
  queue(log, "ann", {{"session_id", session}});
  queue(log, "bob");
  log.send("ann", "session.close", {}, {{"session_id", session}});
  EXPECT_EQ(log.event_types(), (std::vector<std::string>{"session.closed", "queue.admitted"}));
  EXPECT_EQ(queue(log, "bob")["code"], "ADMITTED");
}

TEST(admission, is_free_where_a_show_has_no_queue) {
  driver log;
  log.add_show("S1", 1, 4);
  EXPECT_EQ(log.code("ann", "queue.join", {{"show_id", "S9"}}), "NO_SUCH_SHOW");
  EXPECT_EQ(queue(log, "ann")["code"], "ADMITTED");
}

}  // namespace
}  // namespace marquee::booking
