#include <gtest/gtest.h>

#include "driver.h"

namespace marquee::booking {
namespace {

json show_body(json more) {
  json body = {{"show_id", "S1"}, {"movie", "Dune"}, {"hall", "1"}, {"starts_at_ms", 2'000'000'000'000}};
  body.update(more);
  return body;
}

std::string add(driver& log, const json& more, const std::string& client = "admin") {
  return log.code(client, "show.add", show_body(more));
}

json category(const std::string& id, std::vector<int> rows) {
  return {{"id", id}, {"name", id}, {"price_cents", 100}, {"rows", std::move(rows)}};
}

TEST(show_add, is_for_administrators_and_judges_them_first) {
  driver log;
  EXPECT_EQ(add(log, {{"rows", 2}, {"cols", 2}}, "ann"), "NOT_ADMIN");
  const json added = log.send("admin", "show.add", show_body({{"rows", 2}, {"cols", 2}}));
  EXPECT_EQ(added["code"], "SHOW_ADDED");
  EXPECT_EQ(added["body"], (json{{"show_version", 1}}));
  EXPECT_EQ(added["show_version"], 1);
  EXPECT_EQ(log.event_types(), std::vector<std::string>{"show.added"});
  EXPECT_EQ(add(log, {{"rows", 0}, {"cols", 2}}), "SHOW_EXISTS") << "before the layout";
}

TEST(show_add, takes_exactly_one_description_of_the_hall) {
  driver log;
  const std::vector<json> bad = {
      json::object(),
      {{"rows", 2}},
      {{"cols", 2}},
      {{"rows", 2}, {"cols", 2}, {"layout", {"ss"}}},
      {{"rows", 2}, {"layout", {"ss"}}},
      {{"rows", 0}, {"cols", 2}},
      {{"rows", -1}, {"cols", 2}},
      {{"rows", 1001}, {"cols", 2}},
      {{"rows", 2}, {"cols", 27}},
      {{"rows", 9007199254740991}, {"cols", 9007199254740991}},
      {{"layout", json::array()}},
      {{"layout", {""}}},
      {{"layout", {"ss", "s"}}},
      {{"layout", {"sx"}}},
      {{"layout", {"..", ".."}}},
      {{"layout", {std::string(27, 's')}}},
  };
  for (const json& one : bad) EXPECT_EQ(add(log, one), "BAD_LAYOUT") << one;
  EXPECT_EQ(add(log, {{"layout", {1}}}), "BAD_COMMAND");
  EXPECT_EQ(add(log, {{"layout", {"s.s", ".s."}}}), "SHOW_ADDED");
  EXPECT_EQ(log.target.state().shows.find("S1")->counts.total(), 3);
}

TEST(show_add, puts_each_row_into_exactly_one_category) {
  driver log;
  for (const json& bad : {json{category("a", {1})}, json{category("a", {1, 2}), category("b", {2})},
                          json{category("a", {1, 2, 3})}, json{category("a", {0, 1, 2})},
                          json{category("a", {1}), category("a", {2})}, json{category("a", {1, 1, 2})}})
    EXPECT_EQ(add(log, {{"rows", 2}, {"cols", 2}, {"categories", bad.is_array() ? bad : json::array({bad})}}),
              "BAD_LAYOUT")
        << bad;
  EXPECT_EQ(add(log, {{"rows", 2}, {"cols", 2}, {"categories", {category("a", {2}), category("b", {1})}}}),
            "SHOW_ADDED");
  EXPECT_EQ(log.target.state().shows.find("S1")->category_of(1).id, "b");
}

TEST(show_add, refuses_what_is_not_well_formed) {
  driver log;
  const std::vector<json> bad = {{{"show_id", "a b"}},
                                 {{"show_id", ""}},
                                 {{"show_id", std::string(65, 'x')}},
                                 {{"starts_at_ms", 0}},
                                 {{"starts_at_ms", "soon"}},
                                 {{"max_per_booking", 0}},
                                 {{"orphan_rule", "maybe"}},
                                 {{"queue", {{"max_active", 0}, {"admit_ms", 1}}}},
                                 {{"queue", {{"max_active", 1}}}},
                                 {{"colour", "red"}},
                                 {{"movie", nullptr}}};
  for (json one : bad) {
    one.update({{"rows", 1}, {"cols", 1}});
    EXPECT_EQ(add(log, one), "BAD_COMMAND") << one;
  }
}

TEST(show_update, lets_a_show_grow_and_never_shrink) {
  driver log;
  log.add_show("S1", 4, 3, {{"categories", {category("a", {1, 2, 3}), category("b", {4})}}});
  log.reserve("ann", "S1", {"4A"});
  const auto update = [&](json more) {
    more["show_id"] = more.value("show_id", "S1");
    return log.send("admin", "show.update", more);
  };
  EXPECT_EQ(log.code("ann", "show.update", {{"show_id", "S1"}}), "NOT_ADMIN");
  EXPECT_EQ(update({{"show_id", "S2"}})["code"], "NO_SUCH_SHOW");
  EXPECT_EQ(update({{"rows", 6}, {"expected_version", 1}})["code"], "VERSION_MISMATCH");
  const json grown = update({{"rows", 6}, {"expected_version", 2}});
  EXPECT_EQ(grown["code"], "SHOW_UPDATED");
  EXPECT_EQ(grown["show_version"], 3);
  EXPECT_EQ(log.event_types(), std::vector<std::string>{"show.updated"});
  EXPECT_EQ(log.target.state().shows.find("S1")->category_of(6).id, "b");
  EXPECT_EQ(update({{"rows", 4}})["code"], "CANNOT_SHRINK");
  EXPECT_EQ(update({{"rows", -4}})["code"], "CANNOT_SHRINK");
  EXPECT_EQ(update({{"rows", 1001}})["code"], "BAD_LAYOUT");
  EXPECT_EQ(update({{"rows", 7}, {"categories", {category("a", {1})}}})["code"], "BAD_LAYOUT");
  EXPECT_EQ(update({{"categories", {category("c", {1, 2, 3, 4, 5, 6})}}})["code"], "SHOW_UPDATED");
  EXPECT_EQ(log.state_of("S1", "4A"), seat_state::booked);
  EXPECT_EQ(log.state_of("S1", "6C"), seat_state::available);
  EXPECT_EQ(log.reserve("ann", "S1", {"6C"}).substr(0, 2), "B-");
  expect_consistent(log.target);
}

TEST(show_update, closes_a_show_for_taking_but_not_for_giving_up) {
  driver log;
  log.add_show("S1", 1, 4);
  log.reserve("ann", "S1", {"1A"});
  const json held = log.send("ann", "seat.hold", {{"show_id", "S1"}, {"seats", {"1B"}}});
  EXPECT_EQ(log.code("admin", "show.update", {{"show_id", "S1"}, {"status", "SHUT"}}), "BAD_COMMAND");
  log.send("admin", "show.update", {{"show_id", "S1"}, {"status", "CLOSED"}});
  EXPECT_EQ(log.code("ann", "seat.reserve", {{"show_id", "S1"}, {"seats", {"1C"}}}), "SHOW_CLOSED");
  EXPECT_EQ(log.code("ann", "seat.hold", {{"show_id", "S1"}, {"best", {{"n", 1}}}}), "SHOW_CLOSED");
  EXPECT_EQ(log.code("ann", "waitlist.join", {{"show_id", "S1"}, {"n", 1}}), "SHOW_CLOSED");
  EXPECT_EQ(log.code("ann", "booking.confirm", {{"hold_id", held["body"]["hold_id"]}}), "BOOKED");
  EXPECT_EQ(log.code("ann", "seat.cancel", {{"show_id", "S1"}, {"seats", {"1A"}}}), "CANCELLED");
}

TEST(show_remove, asks_what_becomes_of_bookings) {
  driver log;
  log.add_show("S1", 1, 3);
  log.add_show("S2", 1, 3);
  const std::string booking = log.reserve("ann", "S1", {"1A"});
  const json held = log.send("bob", "seat.hold", {{"show_id", "S2"}, {"seats", {"1A"}}});
  EXPECT_EQ(log.code("ann", "show.remove", {{"show_id", "S1"}}), "NOT_ADMIN");
  EXPECT_EQ(log.code("admin", "show.remove", {{"show_id", "S1"}}), "HAS_BOOKINGS");
  EXPECT_EQ(log.code("admin", "show.remove", {{"show_id", "S2"}}), "SHOW_REMOVED") << "a hold is no booking";
  EXPECT_EQ(log.code("bob", "booking.confirm", {{"hold_id", held["body"]["hold_id"]}}), "ALREADY_RELEASED");
  const json removed = log.send("admin", "show.remove", {{"show_id", "S1"}, {"on_booked", "cancel"}});
  EXPECT_EQ(removed["body"], (json{{"cancelled", {booking}}, {"moved", json::array()}}));
  EXPECT_EQ(log.event_types(), (std::vector<std::string>{"show.removed", "booking.cancelled"}));
  EXPECT_EQ(log.code("admin", "show.remove", {{"show_id", "S1"}}), "NO_SUCH_SHOW");
  EXPECT_EQ(log.code("ann", "booking.cancel", {{"booking_id", booking}}), "ALREADY_CANCELLED");
  expect_consistent(log.target);
}

TEST(show_remove, moves_bookings_to_the_next_show_of_the_movie_at_the_price_paid) {
  driver log;
  const auto dune = [&](const std::string& id, std::int64_t start, int cols, int price) {
    log.add_show(id, 1, cols,
                 {{"starts_at_ms", start},
                  {"categories", {{{"id", "a"}, {"name", "a"}, {"price_cents", price}, {"rows", {1}}}}}});
  };
  dune("S1", 2'000'000'000'000, 6, 100);
  dune("S2", 2'000'000'000'001, 3, 900);
  dune("S3", 2'000'000'000'002, 9, 900);
  const std::string two = log.reserve("ann", "S1", {"1A", "1B"});
  const std::string three = log.reserve("bob", "S1", {"1D", "1E", "1F"});
  const json removed = log.send("admin", "show.remove", {{"show_id", "S1"}, {"on_booked", "rebook_next"}});
  EXPECT_EQ(removed["body"]["cancelled"], list({three})) << "it does not fit";
  EXPECT_EQ(removed["body"]["moved"],
            json::array({{{"booking_id", two}, {"show_id", "S2"}, {"seats", {"1A", "1B"}}}}));
  EXPECT_EQ(log.event_types(),
            (std::vector<std::string>{"show.removed", "booking.moved", "booking.cancelled", "seat.booked"}));
  EXPECT_EQ(
      log.send("ann", "booking.cancel", {{"booking_id", two}, {"seats", {"1B"}}})["body"]["refund_cents"],
      100);
  expect_consistent(log.target);
}

TEST(seat_block, takes_seats_out_of_sale) {
  driver log;
  log.add_show("S1", 1, 4);
  log.reserve("ann", "S1", {"1A"});
  const auto change = [&](const std::string& type, const json& seats, const std::string& client = "admin") {
    return log.send(client, type, {{"show_id", "S1"}, {"seats", seats}, {"reason", "broken"}});
  };
  const json silent = {{"show_id", "S1"}, {"seats", list({"1B"})}};
  EXPECT_EQ(log.send("admin", "seat.block", silent)["code"], "BAD_COMMAND") << "without a reason";
  EXPECT_EQ(change("seat.block", {"1B"}, "ann")["code"], "NOT_ADMIN");
  EXPECT_EQ(change("seat.block", list({"1B", "1B"}))["code"], "DUPLICATE_SEAT");
  EXPECT_EQ(change("seat.block", list({"1Z"}))["code"], "NO_SUCH_SEAT");
  EXPECT_EQ(change("seat.block", list({"1A", "1B"}))["code"], "SEAT_TAKEN");
  EXPECT_EQ(change("seat.block", list({"1B"}))["code"], "BLOCKED");
  EXPECT_EQ(log.event_types(), std::vector<std::string>{"seat.blocked"});
  EXPECT_EQ(change("seat.block", list({"1B", "1C"}))["code"], "BLOCKED");
  EXPECT_EQ(log.events()[0]["seats"], list({"1C"}));
  const json taken = log.send("ann", "seat.reserve", {{"show_id", "S1"}, {"seats", {"1B"}}});
  EXPECT_EQ(taken["code"], "SEAT_TAKEN");
  EXPECT_EQ(taken["body"]["conflicts"][0]["state"], "BLOCKED");
  EXPECT_EQ(change("seat.unblock", list({"1B", "1D"}))["code"], "UNBLOCKED");
  EXPECT_EQ(log.state_of("S1", "1B"), seat_state::available);
  expect_consistent(log.target);
}

TEST(config_set, knows_its_keys_and_their_types) {
  driver log;
  const auto set = [&](const std::string& key, const json& value, const std::string& client = "admin") {
    return log.code(client, "config.set", {{"key", key}, {"value", value}});
  };
  EXPECT_EQ(set("hold_ms", 5, "ann"), "NOT_ADMIN");
  EXPECT_EQ(set("hold", 5), "BAD_CONFIG");
  for (const json& bad : {json("5"), json(0), json(-1), json(1.5), json(nullptr), json::array({5})})
    EXPECT_EQ(set("hold_ms", bad), "BAD_CONFIG") << bad;
  EXPECT_EQ(set("admins", json::array()), "BAD_CONFIG");
  EXPECT_EQ(set("admins", {"admin", 5}), "BAD_CONFIG");
  EXPECT_EQ(log.code("admin", "config.set", {{"key", "hold_ms"}}), "BAD_COMMAND");
  EXPECT_EQ(set("hold_ms", 5), "CONFIG_SET");
  EXPECT_EQ(set("admins", {"root", "admin"}), "CONFIG_SET");
  EXPECT_EQ(set("lock_delay_ms", 0, "root"), "CONFIG_SET");
  expect_consistent(log.target);
}

}  // namespace
}  // namespace marquee::booking
