#include <gtest/gtest.h>

#include "driver.h"

namespace marquee::booking {
namespace {

json hold(driver& log, const json& seats, json more = json::object(), const std::string& client = "ann") {
  more["show_id"] = "S1";
  more["seats"] = seats;
  return log.send(client, "seat.hold", more);
}

std::string id_of(const json& reply) {
  return reply["body"]["hold_id"];
}

TEST(holds, keep_seats_for_a_while) {
  driver log;
  log.add_show("S1", 2, 4,
               {{"categories", {{{"id", "a"}, {"name", "a"}, {"price_cents", 700}, {"rows", {1, 2}}}}}});
  const json held = hold(log, {"1B", "1A"});
  EXPECT_EQ(held["code"], "HELD");
  EXPECT_EQ(
      held["body"],
      (json{{"hold_id", "H-1"}, {"seats", {"1A", "1B"}}, {"price_cents", 1400}, {"expires_in_ms", 120'000}}));
  EXPECT_EQ(held["show_version"], 2);
  EXPECT_EQ(log.event_types(), std::vector<std::string>{"seat.held"});
  const json taken = hold(log, {"1B", "1C"}, {}, "ann");
  EXPECT_EQ(taken["code"], "SEAT_TAKEN") << "the client's own hold is in the way too";
  EXPECT_EQ(taken["body"]["conflicts"], json::array({{{"seat", "1B"}, {"state", "HELD"}}}));
  EXPECT_EQ(taken["body"]["outcome"], "definite");
  log.wait(119'998);
  EXPECT_EQ(log.state_of("S1", "1A"), seat_state::held);
  log.wait(1);
  EXPECT_EQ(log.event_types(), (std::vector<std::string>{"hold.expired", "seat.released"}));
  EXPECT_EQ(log.state_of("S1", "1A"), seat_state::available);
  EXPECT_EQ(log.code("ann", "booking.confirm", {{"hold_id", "H-1"}}), "HOLD_EXPIRED");
  expect_consistent(log.target);
}

TEST(holds, are_judged_in_the_order_of_the_rules) {
  driver log;
  log.add_show("S1", 1, 12, {{"orphan_rule", "reject_unless_unavoidable"}});
  log.reserve("bob", "S1", {"1A"});
  const json eleven = {"1A", "1B", "1C", "1D", "1E", "1F", "1G", "1H", "1I", "1J", "9Z"};
  EXPECT_EQ(log.code("ann", "seat.hold", {{"show_id", "S2"}, {"seats", {"1A", "1A"}}}), "NO_SUCH_SHOW");
  json twice = eleven;
  twice[1] = "1A";
  EXPECT_EQ(hold(log, twice, {{"ttl_ms", 900'001}})["code"], "DUPLICATE_SEAT");
  EXPECT_EQ(hold(log, eleven, {{"ttl_ms", 900'001}})["code"], "LIMIT");
  EXPECT_EQ(hold(log, {"1A", "9Z"}, {{"ttl_ms", 900'001}})["code"], "HOLD_LIMIT");
  const json unknown = hold(log, {"99999Z", "01A", "1a", "1A", "9Z", "", "1M"});
  EXPECT_EQ(unknown["code"], "NO_SUCH_SEAT");
  std::vector<std::string> seats;
  for (const json& one : unknown["body"]["conflicts"]) seats.push_back(one["seat"]);
  EXPECT_EQ(seats, (std::vector<std::string>{"1M", "9Z", "99999Z", "", "01A", "1a"}));
  EXPECT_EQ(hold(log, {"1A", "1C"})["code"], "SEAT_TAKEN");
  EXPECT_EQ(hold(log, {"1C"})["code"], "ORPHAN_SEAT");
  EXPECT_EQ(hold(log, {"1B"})["code"], "HELD");
}

TEST(holds, need_seats_or_best_and_not_both) {
  driver log;
  log.add_show("S1", 1, 4);
  const std::vector<json> bad = {json::object(),
                                 {{"seats", json::array()}},
                                 {{"seats", {"1A"}}, {"best", {{"n", 1}}}},
                                 {{"seats", "1A"}},
                                 {{"seats", {1}}},
                                 {{"best", {{"n", 0}}}},
                                 {{"best", {{"n", -1}}}},
                                 {{"best", {{"n", 1.5}}}},
                                 {{"best", {{"n", 1}, {"row", 2}}}},
                                 {{"best", 4}},
                                 {{"seats", {"1A"}}, {"ttl_ms", 0}},
                                 {{"seats", {"1A"}}, {"ttl_ms", "60s"}},
                                 {{"seats", {"1A"}}, {"expected_version", 1}}};
  for (json one : bad) {
    one["show_id"] = "S1";
    EXPECT_EQ(log.code("ann", "seat.hold", one), "BAD_COMMAND") << one;
  }
  EXPECT_EQ(log.code("ann", "seat.hold", {{"show_id", "S1"}, {"best", {{"n", 9007199254740991}}}}), "LIMIT");
}

TEST(holds, can_be_extended_up_to_their_limit) {
  driver log;
  log.add_show("S1", 1, 4);
  const std::string id = id_of(hold(log, {"1A"}, {{"ttl_ms", 1000}}));
  const auto extend = [&](std::int64_t ttl_ms, const std::string& client = "ann") {
    return log.send(client, "hold.extend", {{"hold_id", id}, {"ttl_ms", ttl_ms}});
  };
  EXPECT_EQ(log.code("ann", "hold.extend", {{"hold_id", "H-99"}, {"ttl_ms", 1}}), "NO_SUCH_HOLD");
  EXPECT_EQ(log.code("ann", "hold.extend", {{"hold_id", "nonsense"}, {"ttl_ms", 1}}), "NO_SUCH_HOLD");
  EXPECT_EQ(extend(1000, "bob")["code"], "NOT_OWNER");
  // This is the fifth record after the hold's own.
  EXPECT_EQ(extend(900'000 - 3)["code"], "HOLD_LIMIT");
  const json extended = extend(900'000 - 5);
  EXPECT_EQ(extended["code"], "EXTENDED");
  EXPECT_EQ(extended["body"], (json{{"hold_id", id}, {"expires_in_ms", 899'995}}));
  EXPECT_EQ(extend(10)["code"], "EXTENDED") << "earlier is allowed";
  log.wait(10);
  EXPECT_EQ(extend(10)["code"], "HOLD_EXPIRED");
}

TEST(holds, can_be_released_in_part) {
  driver log;
  log.add_show("S1", 1, 4);
  const std::string id = id_of(hold(log, {"1A", "1B", "1C"}));
  const auto release = [&](const json& seats, const std::string& client = "ann") {
    return log.send(client, "hold.release", {{"hold_id", id}, {"seats", seats}});
  };
  EXPECT_EQ(release({"1A"}, "bob")["code"], "NOT_OWNER");
  EXPECT_EQ(release({"1A", "1A"})["code"], "DUPLICATE_SEAT");
  const json unknown = release({"1A", "1D"});
  EXPECT_EQ(unknown["code"], "NO_SUCH_SEAT");
  EXPECT_EQ(unknown["body"]["conflicts"], json::array({{{"seat", "1D"}, {"state", "UNKNOWN"}}}));
  EXPECT_EQ(release(list({"1B"}))["code"], "RELEASED");
  EXPECT_EQ(log.event_types(), std::vector<std::string>{"seat.released"});
  EXPECT_EQ(release({"1A", "1C"})["code"], "RELEASED");
  EXPECT_EQ(log.code("ann", "hold.release", {{"hold_id", id}}), "ALREADY_RELEASED");
  expect_consistent(log.target);
}

TEST(holds, are_booked_once) {
  driver log;
  log.add_show("S1", 1, 4);
  const std::string id = id_of(hold(log, {"1A", "1B"}));
  const json confirm = {{"hold_id", id}};
  EXPECT_EQ(log.code("bob", "booking.confirm", confirm), "NOT_OWNER");
  const json booked = log.send("ann", "booking.confirm", confirm);
  EXPECT_EQ(booked["code"], "BOOKED");
  EXPECT_EQ(booked["body"], (json{{"booking_id", "B-3"}, {"seats", {"1A", "1B"}}, {"price_cents", 0}}));
  EXPECT_EQ(log.event_types(), std::vector<std::string>{"seat.booked"});
  EXPECT_EQ(log.code("ann", "booking.confirm", confirm), "ALREADY_CONFIRMED");
  EXPECT_EQ(log.code("ann", "hold.release", confirm), "ALREADY_CONFIRMED");
  EXPECT_EQ(log.code("ann", "hold.extend", confirm), "ALREADY_CONFIRMED");
  const std::string other = id_of(hold(log, {"1C"}));
  EXPECT_EQ(log.code("ann", "hold.release", {{"hold_id", other}}), "RELEASED");
  EXPECT_EQ(log.code("ann", "booking.confirm", {{"hold_id", other}}), "ALREADY_RELEASED");
  expect_consistent(log.target);
}

TEST(a_day_of_booking_time, is_how_long_ended_holds_and_bookings_and_keys_are_remembered) {
  driver log;
  log.add_show("S1", 1, 4);
  const std::string id = id_of(hold(log, {"1A"}));
  const std::string booking = log.reserve("ann", "S1", {"1B"});
  log.code("ann", "hold.release", {{"hold_id", id}});
  log.code("ann", "booking.cancel", {{"booking_id", booking}});
  log.send("ann", "queue.join", {{"show_id", "none"}}, {{"idem_key", "k"}});
  log.wait(24LL * 3600 * 1000 - 4);
  EXPECT_EQ(log.code("ann", "hold.release", {{"hold_id", id}}), "ALREADY_RELEASED");
  EXPECT_EQ(log.code("ann", "hold.release", {{"hold_id", id}}), "NO_SUCH_HOLD");
  EXPECT_EQ(log.code("ann", "booking.cancel", {{"booking_id", booking}}), "NO_SUCH_BOOKING");
  log.wait(1);
  EXPECT_FALSE(log.target.state().clients.find("ann")->by_key.contains("k"));
  EXPECT_FALSE(log.target.next_deadline_ms()) << "nobody has to tick for what is only forgotten";
  expect_consistent(log.target);
}

}  // namespace
}  // namespace marquee::booking
