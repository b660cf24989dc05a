#include <gtest/gtest.h>

#include "driver.h"

namespace marquee::booking {
namespace {

constexpr std::int64_t soon_ms = 1'000'100;

json priced(int price, std::vector<int> rows) {
  return {{"categories", {{{"id", "a"}, {"name", "a"}, {"price_cents", price}, {"rows", std::move(rows)}}}}};
}

json seats_of(const json& reply) {
  return reply["body"]["seats"];
}

TEST(reserve, books_in_one_step) {
  driver log;
  log.add_show("S1", 2, 4, priced(250, {1, 2}));
  const json reserved = log.send("ann", "seat.reserve", {{"show_id", "S1"}, {"seats", {"2A", "1B"}}});
  EXPECT_EQ(reserved["code"], "RESERVED");
  EXPECT_EQ(reserved["status"], "OK");
  EXPECT_EQ(reserved["body"],
            (json{{"booking_id", "B-1"}, {"seats", {"1B", "2A"}}, {"price_cents", 500}, {"show_id", "S1"}}));
  EXPECT_EQ(reserved["show_version"], 2);
  EXPECT_EQ(log.event_types(), std::vector<std::string>{"seat.booked"});
  const json taken = log.send("bob", "seat.reserve", {{"show_id", "S1"}, {"seats", {"2A", "1A", "1B"}}});
  EXPECT_EQ(taken["status"], "ERROR");
  EXPECT_EQ(taken["body"]["conflicts"],
            json::array({{{"seat", "1B"}, {"state", "BOOKED"}}, {{"seat", "2A"}, {"state", "BOOKED"}}}));
  EXPECT_EQ(log.state_of("S1", "1A"), seat_state::available) << "all or nothing";
  expect_consistent(log.target);
}

TEST(reserve, checks_the_version_before_the_list) {
  driver log;
  log.add_show("S1", 1, 4);
  const auto reserve = [&](std::int64_t version, const json& seats) {
    return log.code("ann", "seat.reserve",
                    {{"show_id", "S1"}, {"seats", seats}, {"expected_version", version}});
  };
  EXPECT_EQ(reserve(2, {"1A", "1A"}), "VERSION_MISMATCH");
  EXPECT_EQ(reserve(1, {"1A", "1A"}), "DUPLICATE_SEAT");
  EXPECT_EQ(reserve(1, list({"1A"})), "RESERVED");
  EXPECT_EQ(reserve(1, list({"1B"})), "VERSION_MISMATCH");
}

TEST(reserve, lets_a_show_have_its_own_limit) {
  driver log;
  log.add_show("S1", 1, 4, {{"max_per_booking", 1}});
  EXPECT_EQ(log.code("ann", "seat.reserve", {{"show_id", "S1"}, {"seats", {"1A", "1B"}}}), "LIMIT");
  log.send("admin", "config.set", {{"key", "max_per_booking"}, {"value", 2}});
  EXPECT_EQ(log.code("ann", "seat.reserve", {{"show_id", "S1"}, {"best", {{"n", 2}}}}), "LIMIT");
  log.add_show("S2", 1, 4);
  EXPECT_EQ(log.code("ann", "seat.reserve", {{"show_id", "S2"}, {"best", {{"n", 3}}}}), "LIMIT");
  EXPECT_EQ(log.code("ann", "seat.reserve", {{"show_id", "S2"}, {"best", {{"n", 2}}}}), "RESERVED");
}

TEST(seat_cancel, gives_back_by_seat_across_bookings) {
  driver log;
  log.add_show("S1", 2, 4, priced(100, {1, 2}));
  log.reserve("ann", "S1", {"1A", "1B"});
  log.reserve("ann", "S1", {"2A"});
  log.reserve("bob", "S1", {"1D"});
  const auto cancel = [&](const json& seats) {
    return log.send("ann", "seat.cancel", {{"show_id", "S1"}, {"seats", seats}});
  };
  EXPECT_EQ(log.code("ann", "seat.cancel", {{"show_id", "S9"}, {"seats", {"1A"}}}), "NO_SUCH_SHOW");
  EXPECT_EQ(cancel({"1A", "1A", "9Z"})["code"], "DUPLICATE_SEAT");
  EXPECT_EQ(cancel({"1D", "1C", "9Z"})["code"], "NO_SUCH_SEAT");
  const json not_owner = cancel({"1D", "1C", "1A"});
  EXPECT_EQ(not_owner["code"], "NOT_OWNER");
  EXPECT_EQ(not_owner["body"]["conflicts"], json::array({{{"seat", "1D"}, {"state", "BOOKED"}}}));
  const json free = cancel({"1C", "1A"});
  EXPECT_EQ(free["code"], "NOT_OCCUPIED");
  EXPECT_EQ(free["body"]["conflicts"], json::array({{{"seat", "1C"}, {"state", "AVAILABLE"}}}));
  const json cancelled = cancel({"2A", "1A"});
  EXPECT_EQ(cancelled["code"], "CANCELLED");
  EXPECT_EQ(cancelled["body"], (json{{"seats", {"1A", "2A"}}, {"refund_cents", 200}}));
  EXPECT_EQ(log.event_types(), std::vector<std::string>{"seat.released"}) << "one, of two bookings";
  EXPECT_EQ(cancel(list({"1A"}))["code"], "NOT_OCCUPIED");
  expect_consistent(log.target);
}

TEST(booking_cancel, gives_back_all_or_part) {
  driver log;
  log.add_show("S1", 1, 4, priced(100, {1}));
  const std::string id = log.reserve("ann", "S1", {"1A", "1B", "1C"});
  const auto cancel = [&](json more, const std::string& client = "ann") {
    more["booking_id"] = more.value("booking_id", id);
    return log.send(client, "booking.cancel", more);
  };
  EXPECT_EQ(cancel({{"booking_id", "B-77"}})["code"], "NO_SUCH_BOOKING");
  EXPECT_EQ(cancel({{"booking_id", "B-01"}})["code"], "NO_SUCH_BOOKING");
  EXPECT_EQ(cancel(json::object(), "bob")["code"], "NOT_OWNER");
  EXPECT_EQ(cancel({{"seats", json::array()}})["code"], "BAD_COMMAND");
  EXPECT_EQ(cancel({{"seats", {"1D"}}})["code"], "NO_SUCH_SEAT");
  EXPECT_EQ(cancel({{"seats", {"1B"}}})["body"], (json{{"seats", {"1B"}}, {"refund_cents", 100}}));
  EXPECT_EQ(cancel(json::object())["body"], (json{{"seats", {"1A", "1C"}}, {"refund_cents", 200}}));
  EXPECT_EQ(cancel(json::object())["code"], "ALREADY_CANCELLED");
  EXPECT_EQ(cancel(json::object(), "bob")["code"], "NOT_OWNER") << "ownership before state";
  expect_consistent(log.target);
}

TEST(giving_up, ends_when_the_show_starts_by_the_records_own_timestamp) {
  driver log;
  log.add_show("S1", 1, 4, {{"starts_at_ms", soon_ms}});
  log.add_show("S2", 1, 4);
  const std::string id = log.reserve("ann", "S1", {"1A", "1B"});
  EXPECT_EQ(log.code("ann", "seat.cancel", {{"show_id", "S1"}, {"seats", {"1B"}}}), "CANCELLED");
  log.wait(200);
  EXPECT_EQ(log.code("ann", "seat.cancel", {{"show_id", "S1"}, {"seats", {"1A"}}}), "SHOW_STARTED");
  EXPECT_EQ(log.code("ann", "booking.cancel", {{"booking_id", id}}), "SHOW_STARTED");
  EXPECT_EQ(log.code("ann", "booking.exchange",
                     {{"booking_id", id}, {"to", {{"show_id", "S2"}, {"seats", {"1A"}}}}}),
            "SHOW_STARTED");
  EXPECT_EQ(log.reserve("bob", "S1", {"1C"}).substr(0, 2), "B-") << "taking goes on";
}

struct exchange_test : testing::Test {
  void SetUp() override {
    log.add_show("S1", 2, 4, priced(100, {1, 2}));
    log.add_show("S2", 1, 4, priced(300, {1}));
    id = log.reserve("ann", "S1", {"1A", "1B"});
    log.reserve("bob", "S1", {"2A"});
  }
  json exchange(const std::string& show, const json& seats, const json& from = {},
                const std::string& client = "ann") {
    json body = {{"booking_id", id}, {"to", {{"show_id", show}, {"seats", seats}}}};
    if (!from.is_null()) body["from_seats"] = from;
    return log.send(client, "booking.exchange", body);
  }
  driver log;
  std::string id;
};

TEST_F(exchange_test, keeps_the_old_seats_when_the_new_ones_are_taken) {
  const json taken = exchange("S1", {"2A", "2B"});
  EXPECT_EQ(taken["code"], "SEAT_TAKEN");
  EXPECT_EQ(taken["body"]["conflicts"], json::array({{{"seat", "2A"}, {"state", "BOOKED"}}}));
  EXPECT_EQ(log.state_of("S1", "1A"), seat_state::booked);
}

TEST_F(exchange_test, within_a_show_may_take_seats_that_it_gives_up) {
  const json done = exchange("S1", {"1B", "1C", "1D"});
  EXPECT_EQ(done["code"], "EXCHANGED");
  EXPECT_EQ(done["body"], (json{{"booking_id", id},
                                {"show_id", "S1"},
                                {"seats", {"1B", "1C", "1D"}},
                                {"price_cents", 300},
                                {"diff_cents", 100}}));
  EXPECT_EQ(log.event_types(), (std::vector<std::string>{"seat.released", "seat.booked"}));
  EXPECT_EQ(log.state_of("S1", "1A"), seat_state::available);
  expect_consistent(log.target);
}

TEST_F(exchange_test, of_part_within_a_show_keeps_the_rest) {
  const json done = exchange("S1", {"2D"}, list({"1B"}));
  EXPECT_EQ(done["body"], (json{{"booking_id", id},
                                {"show_id", "S1"},
                                {"seats", {"1A", "2D"}},
                                {"price_cents", 200},
                                {"diff_cents", 0}}));
  expect_consistent(log.target);
}

TEST_F(exchange_test, of_all_for_another_show_keeps_the_id) {
  const json done = exchange("S2", list({"1D"}));
  EXPECT_EQ(done["body"], (json{{"booking_id", id},
                                {"show_id", "S2"},
                                {"seats", {"1D"}},
                                {"price_cents", 300},
                                {"diff_cents", 100}}));
  EXPECT_EQ(done["show_version"], 2) << "the target's";
  EXPECT_EQ(log.state_of("S1", "1A"), seat_state::available);
  expect_consistent(log.target);
}

TEST_F(exchange_test, of_part_for_another_show_makes_a_new_booking) {
  const json done = exchange("S2", {"1C", "1D"}, list({"1A"}));
  EXPECT_EQ(done["body"], (json{{"booking_id", "B-4"},
                                {"show_id", "S2"},
                                {"seats", {"1C", "1D"}},
                                {"price_cents", 600},
                                {"diff_cents", 500}}));
  EXPECT_EQ(log.send("ann", "booking.cancel", {{"booking_id", id}})["body"]["seats"], list({"1B"}));
  expect_consistent(log.target);
}

TEST_F(exchange_test, is_judged_in_the_order_of_the_rules) {
  EXPECT_EQ(log.code("ann", "booking.exchange",
                     {{"booking_id", "B-9"}, {"to", {{"show_id", "S9"}, {"seats", {"1A"}}}}}),
            "NO_SUCH_SHOW");
  EXPECT_EQ(log.code("ann", "booking.exchange",
                     {{"booking_id", "B-9"}, {"to", {{"show_id", "S1"}, {"seats", {"1A"}}}}}),
            "NO_SUCH_BOOKING");
  EXPECT_EQ(exchange("S1", {"9Z", "9Z"}, {}, "bob")["code"], "NOT_OWNER");
  EXPECT_EQ(exchange("S1", {"9Z", "9Z"})["code"], "DUPLICATE_SEAT");
  EXPECT_EQ(exchange("S1", {"2B"}, {"1A", "1A"})["code"], "DUPLICATE_SEAT");
  const json unknown = exchange("S1", {"9Z", "2A"}, list({"2C"}));
  EXPECT_EQ(unknown["code"], "NO_SUCH_SEAT");
  EXPECT_EQ(unknown["body"]["conflicts"],
            json::array({{{"seat", "2C"}, {"state", "UNKNOWN"}}, {{"seat", "9Z"}, {"state", "UNKNOWN"}}}));
  log.send("admin", "config.set", {{"key", "max_per_booking"}, {"value", 2}});
  EXPECT_EQ(exchange("S1", {"2B", "2C"}, list({"1A"}))["code"], "LIMIT") << "three afterwards";
  EXPECT_EQ(exchange("S1", {"2B", "2C"})["code"], "EXCHANGED");
}

TEST_F(exchange_test, takes_the_best_seats_too) {
  const json done = log.send("ann", "booking.exchange",
                             {{"booking_id", id}, {"to", {{"show_id", "S2"}, {"best", {{"n", 3}}}}}});
  EXPECT_EQ(seats_of(done), list({"1A", "1B", "1C"}));
  const json many = log.send("ann", "booking.exchange",
                             {{"booking_id", id}, {"to", {{"show_id", "S2"}, {"best", {{"n", 5}}}}}});
  EXPECT_EQ(many["code"], "NOT_ENOUGH_SEATS");
  EXPECT_EQ(many["body"]["free"], 4) << "its own seats count";
}

TEST(multi_reserve, books_all_shows_or_none) {
  driver log;
  log.add_show("S1", 1, 4);
  log.add_show("S2", 1, 4);
  log.reserve("bob", "S2", {"1A"});
  const auto reserve = [&](const json& items) {
    return log.send("ann", "multi.reserve", {{"items", items}});
  };
  const auto item = [](const std::string& show, const json& seats) {
    return json{{"show_id", show}, {"seats", seats}};
  };
  EXPECT_EQ(reserve(json::array())["code"], "BAD_COMMAND");
  EXPECT_EQ(reserve({item("S1", {"1A", "1B"}), item("S1", {"1C", "1D"})})["code"], "BAD_COMMAND");
  EXPECT_EQ(reserve({item("S1", {"1A", "1A"}), item("S3", {"1A", "1B"})})["code"], "NO_SUCH_SHOW");
  const json taken = reserve({item("S2", {"1A", "1B"}), item("S1", {"1A", "1B"})});
  EXPECT_EQ(taken["code"], "SEAT_TAKEN");
  EXPECT_EQ(taken["body"]["conflicts"],
            json::array({{{"seat", "1A"}, {"show_id", "S2"}, {"state", "BOOKED"}}}));
  EXPECT_EQ(log.state_of("S1", "1A"), seat_state::available);
  const json unknown = reserve({item("S2", {"1A", "9A"}), item("S1", {"8A", "1B"})});
  EXPECT_EQ(unknown["body"]["conflicts"],
            json::array({{{"seat", "8A"}, {"show_id", "S1"}, {"state", "UNKNOWN"}},
                         {{"seat", "9A"}, {"show_id", "S2"}, {"state", "UNKNOWN"}}}));
  const json done = reserve({item("S2", {"1B", "1C"}), item("S1", {"1A", "1B"})});
  EXPECT_EQ(done["code"], "RESERVED");
  EXPECT_EQ(done["body"], (json{{"booking_ids", {"B-8-1", "B-8-2"}}}));
  EXPECT_EQ(done["show_version"], 2) << "the last item's";
  EXPECT_EQ(log.event_types(), (std::vector<std::string>{"seat.booked", "seat.booked"}));
  expect_consistent(log.target);
}

}  // namespace
}  // namespace marquee::booking
