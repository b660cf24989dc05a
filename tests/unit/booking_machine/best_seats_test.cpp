#include <gtest/gtest.h>

#include <set>

#include "driver.h"

namespace marquee::booking {
namespace {

json best(driver& log, int n, const std::string& client = "ann") {
  return log.send(client, "seat.reserve", {{"show_id", "S1"}, {"best", {{"n", n}}}});
}

int row_of(const std::string& seat) {
  return parse_seat_id(seat)->row;
}

TEST(best_seats, fill_a_hall_of_25_by_7_as_the_rules_say) {
  driver log;
  log.add_show("S1", 25, 7);
  std::vector<int> rows;
  int split = 0;
  int refused = 0;
  for (int i = 0; i < 60; ++i) {
    const json reply = best(log, 4);
    if (reply["code"] == "NOT_ENOUGH_SEATS") {
      ++refused;
      EXPECT_EQ(reply["body"]["free"], 3);
      continue;
    }
    ASSERT_EQ(reply["code"], "RESERVED");
    const std::vector<std::string> seats = reply["body"]["seats"];
    ASSERT_EQ(seats.size(), 4U);
    if (row_of(seats[0]) == row_of(seats[3])) {
      EXPECT_EQ(split, 0) << "a block after a split";
      EXPECT_EQ(seats[0].back(), 'A');
      EXPECT_EQ(seats[3].back(), 'D');
      rows.push_back(row_of(seats[0]));
    } else {
      ++split;
    }
  }
  EXPECT_EQ(split, 18);
  EXPECT_EQ(refused, 17);
  ASSERT_EQ(rows.size(), 25U);
  EXPECT_EQ(std::vector<int>(rows.begin(), rows.begin() + 5), (std::vector{13, 12, 14, 11, 15}));
  expect_consistent(log.target);
}

TEST(best_seats, prefer_the_middle_of_the_row_but_no_orphan) {
  driver log;
  log.add_show("S1", 1, 7);
  EXPECT_EQ(best(log, 3)["body"]["seats"], list({"1C", "1D", "1E"}));
  EXPECT_EQ(best(log, 1)["body"]["seats"], list({"1B"})) << "no choice without an orphan: the best block";
}

TEST(best_seats, are_adjacent_within_one_side_of_an_aisle) {
  driver log;
  log.send("admin", "show.add",
           {{"show_id", "S1"},
            {"movie", "M"},
            {"hall", "1"},
            {"starts_at_ms", 9'000'000'000'000},
            {"layout", {"ss.sss"}}});
  EXPECT_EQ(best(log, 3)["body"]["seats"], list({"1D", "1E", "1F"}));
  EXPECT_EQ(best(log, 2)["body"]["seats"], list({"1A", "1B"}));
}

TEST(best_seats, of_a_category_come_from_its_rows) {
  driver log;
  log.add_show("S1", 3, 4,
               {{"categories",
                 {{{"id", "front"}, {"name", "Front"}, {"price_cents", 500}, {"rows", {1, 3}}},
                  {{"id", "back"}, {"name", "Back"}, {"price_cents", 900}, {"rows", {2}}}}}});
  const json front =
      log.send("ann", "seat.reserve", {{"show_id", "S1"}, {"best", {{"n", 2}, {"category", "front"}}}});
  EXPECT_EQ(front["body"]["seats"], list({"1A", "1B"}));
  EXPECT_EQ(front["body"]["price_cents"], 1000);
  const json many =
      log.send("ann", "seat.reserve", {{"show_id", "S1"}, {"best", {{"n", 5}, {"category", "back"}}}});
  EXPECT_EQ(many["code"], "NOT_ENOUGH_SEATS");
  EXPECT_EQ(many["body"]["free"], 4);
}

TEST(best_seats, take_the_longest_run_first_when_they_must_split) {
  driver log;
  log.add_show("S1", 2, 5);
  log.reserve("bob", "S1", {"1C", "2E"});
  // Runs: 1A-1B, 1D-1E, 2A-2D.
  EXPECT_EQ(best(log, 6)["body"]["seats"], list({"1A", "1B", "2A", "2B", "2C", "2D"}));
}

json reserve(driver& log, const std::vector<std::string>& seats) {
  return log.send("ann", "seat.reserve", {{"show_id", "S1"}, {"seats", seats}});
}

TEST(orphans, examples_of_the_rules) {
  const json rule = {{"orphan_rule", "reject_unless_unavoidable"}};
  {
    driver log;
    log.add_show("S1", 1, 5, rule);
    EXPECT_EQ(reserve(log, {"1A", "1B"})["code"], "RESERVED");
    EXPECT_EQ(reserve(log, {"1D", "1E"})["code"], "RESERVED");
  }
  {
    driver log;
    log.add_show("S1", 2, 5, rule);
    EXPECT_EQ(reserve(log, {"1A", "1B"})["code"], "RESERVED");
    const json refused = reserve(log, {"1D", "1E"});
    EXPECT_EQ(refused["code"], "ORPHAN_SEAT");
    EXPECT_EQ(refused["body"]["conflicts"], (json::array({{{"seat", "1C"}, {"state", "ORPHAN"}}})));
  }
  {
    driver log;
    log.add_show("S1", 1, 5, rule);
    const json refused = reserve(log, {"1B"});
    EXPECT_EQ(refused["code"], "ORPHAN_SEAT");
    EXPECT_EQ(refused["body"]["conflicts"], (json::array({{{"seat", "1A"}, {"state", "ORPHAN"}}})));
    EXPECT_EQ(reserve(log, {"1A"})["code"], "RESERVED");
  }
  {
    driver log;
    log.add_show("S1", 1, 5, rule);
    EXPECT_EQ(reserve(log, {"1A", "1B", "1C"})["code"], "RESERVED");
  }
}

TEST(orphans, are_named_but_allowed_under_warn) {
  driver log;
  log.add_show("S1", 2, 5, {{"orphan_rule", "warn"}});
  const json held = log.send("ann", "seat.hold", {{"show_id", "S1"}, {"seats", {"1B"}}});
  EXPECT_EQ(held["code"], "HELD");
  EXPECT_EQ(held["body"]["orphans"], list({"1A"}));
  EXPECT_FALSE(reserve(log, {"2A"})["body"].contains("orphans"));
}

TEST(orphans, do_not_look_across_an_aisle) {
  driver log;
  log.send("admin", "show.add",
           {{"show_id", "S1"},
            {"movie", "M"},
            {"hall", "1"},
            {"starts_at_ms", 9'000'000'000'000},
            {"layout", {"ss.ss", "sssss"}},
            {"orphan_rule", "reject_unless_unavoidable"}});
  const json refused = reserve(log, {"1B"});
  EXPECT_EQ(refused["code"], "ORPHAN_SEAT");
  EXPECT_EQ(refused["body"]["conflicts"], (json::array({{{"seat", "1A"}, {"state", "ORPHAN"}}})));
  EXPECT_EQ(reserve(log, {"1C"})["code"], "NO_SUCH_SEAT");
}

}  // namespace
}  // namespace marquee::booking
