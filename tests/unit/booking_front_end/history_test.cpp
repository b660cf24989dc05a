#include "booking_app/front_end/history.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/simulated_file_system.h"
#include "booking_app/front_end/history_file.h"
#include "tests/unit/booking_machine/driver.h"

namespace marquee::booking {
namespace {

/// Entries of one line about a show, a seat and a client.
history_entry line(std::int64_t offset, const std::string& show, const std::string& seat,
                   const std::string& client) {
  return {history_kind::audit,
          offset,
          {show_key(show), seat_key(seat), client_key(client)},
          show + " " + seat + " " + client};
}

std::vector<std::string> texts(const history_page& page) {
  std::vector<std::string> out;
  for (const history_entry& each : page.entries) out.push_back(each.text);
  return out;
}

class history_file_test : public ::testing::Test {
 protected:
  history_file open() {
    auto opened = history_file::open(files, "history");
    EXPECT_TRUE(opened.has_value());
    return std::move(*opened);
  }
  /// Overwrites bytes of the file.
  void damage(std::uint64_t position, std::string_view with) {
    auto target = files.open("history", open_mode::write);
    const bytes_view parts[] = {as_bytes(with)};
    ASSERT_TRUE((*target)->write_at(position, parts).has_value());
  }
  void cut_to(std::uint64_t size) {
    ASSERT_TRUE((*files.open("history", open_mode::write))->truncate(size).has_value());
  }
  static void add(history_file& to, std::int64_t offset, std::vector<history_entry> entries) {
    ASSERT_TRUE(to.append(entries, offset + 1).has_value());
  }
  /// Records 0 to `count` - 1 by turns of ann and bob, of seats 1A, 2A and 3A.
  static void fill(history_file& target, int count) {
    for (int offset = 0; offset < count; ++offset)
      add(target, offset,
          {line(offset, "S1", std::to_string(offset % 3 + 1) + "A", offset % 2 == 0 ? "ann" : "bob")});
  }

  simulated_file_system files;
};

TEST_F(history_file_test, finds_entries_by_all_their_keys) {
  history_file past = open();
  fill(past, 12);
  const auto page = past.read({.keys = {seat_key("1A"), client_key("bob")}});
  ASSERT_TRUE(page.has_value());
  EXPECT_EQ(texts(*page), (std::vector<std::string>{"S1 1A bob", "S1 1A bob"}));
  EXPECT_EQ(page->entries[0].offset, 3);
  EXPECT_EQ(page->entries[1].offset, 9);
  EXPECT_EQ(page->next_offset, 12);
  EXPECT_FALSE(page->more);
}

TEST_F(history_file_test, a_show_and_a_client_of_one_name_are_two_things) {
  history_file past = open();
  add(past, 0, {line(0, "ann", "1A", "bob")});
  EXPECT_TRUE(past.read({.keys = {client_key("ann")}})->entries.empty());
  EXPECT_EQ(past.read({.keys = {show_key("ann")}})->entries.size(), 1U);
}

TEST_F(history_file_test, pages_end_between_records_and_say_where_to_go_on) {
  history_file past = open();
  add(past, 0, {line(0, "S1", "1A", "ann")});
  add(past, 1, {line(1, "S1", "1B", "ann"), line(1, "S2", "1B", "ann")});
  add(past, 2, {line(2, "S1", "1C", "ann")});
  const auto first = past.read({.most_entries = 2});
  EXPECT_EQ(texts(*first), (std::vector<std::string>{"S1 1A ann", "S1 1B ann", "S2 1B ann"}));
  EXPECT_TRUE(first->more);
  EXPECT_EQ(first->next_offset, 2);
  const auto second = past.read({.from_offset = first->next_offset, .most_entries = 2});
  EXPECT_EQ(texts(*second), (std::vector<std::string>{"S1 1C ann"}));
  EXPECT_FALSE(second->more);
  EXPECT_EQ(second->next_offset, 3);
}

TEST_F(history_file_test, is_there_after_a_restart_with_the_records_that_did_nothing) {
  {
    history_file past = open();
    fill(past, 5'000);
    ASSERT_TRUE(past.append({}, 5'100).has_value());
  }
  history_file past = open();
  EXPECT_EQ(past.next_offset(), 5'100);
  const auto page = past.read({.keys = {seat_key("2A"), client_key("ann")}, .from_offset = 4'900});
  EXPECT_EQ(page->entries.size(), 17U);
  EXPECT_EQ(past.read({.most_entries = 10'000})->entries.size(), 5'000U);
}

TEST_F(history_file_test, a_torn_end_is_cut_and_asked_for_again) {
  std::uint64_t size = 0;
  {
    history_file past = open();
    fill(past, 3'000);
    size = past.size_bytes();
  }
  cut_to(size - 1);
  history_file past = open();
  EXPECT_EQ(past.next_offset(), 2'998) << "the last whole record may have had more entries";
  for (int offset = 2'998; offset < 3'000; ++offset) add(past, offset, {line(offset, "S1", "9A", "cid")});
  EXPECT_EQ(past.read({.most_entries = 10'000})->entries.size(), 3'000U);
}

TEST_F(history_file_test, damage_in_the_middle_loses_what_is_behind_it) {
  std::uint64_t size = 0;
  {
    history_file past = open();
    fill(past, 3'000);
    size = past.size_bytes();
  }
  damage(size / 2, "#");
  history_file past = open();
  EXPECT_GT(past.next_offset(), 1'000);
  EXPECT_LT(past.next_offset(), 2'000);
  const auto page = past.read({.most_entries = 10'000});
  EXPECT_EQ(page->entries.size(), static_cast<std::size_t>(past.next_offset()));
}

TEST_F(history_file_test, a_damaged_header_costs_the_last_record_only) {
  {
    history_file past = open();
    fill(past, 10);
  }
  damage(20, "#");
  EXPECT_EQ(open().next_offset(), 9);
}

TEST_F(history_file_test, a_file_of_something_else_is_made_anew) {
  {
    history_file past = open();
    fill(past, 10);
  }
  damage(0, "something else");
  history_file past = open();
  EXPECT_EQ(past.next_offset(), 0);
  EXPECT_TRUE(past.read({})->entries.empty());
}

TEST_F(history_file_test, can_be_cut_back_to_any_record) {
  history_file past = open();
  fill(past, 2'000);
  for (const std::int64_t offset : {1'999, 700, 1, 0}) {
    ASSERT_TRUE(past.cut_back(offset).has_value());
    EXPECT_EQ(past.next_offset(), offset);
    EXPECT_EQ(past.read({.most_entries = 10'000})->entries.size(), static_cast<std::size_t>(offset));
    EXPECT_EQ(open().next_offset(), offset);
  }
}

TEST_F(history_file_test, its_tail_holds_whole_records_of_a_kind) {
  history_file past = open();
  for (int offset = 0; offset < 2'000; ++offset)
    add(past, offset,
        {line(offset, "S1", "1A", "ann"),
         {history_kind::events, offset, {}, std::string(100, 'x') + std::to_string(offset)}});
  const auto tail = past.read_tail(history_kind::events, 150'000);
  ASSERT_TRUE(tail.has_value());
  ASSERT_FALSE(tail->entries.empty());
  EXPECT_GT(tail->behind, 1'000);
  EXPECT_EQ(tail->entries.front().offset, tail->behind + 1);
  EXPECT_EQ(tail->entries.back().offset, 1'999);
  EXPECT_EQ(static_cast<std::int64_t>(tail->entries.size()), 1'999 - tail->behind);
  EXPECT_EQ(past.read_tail(history_kind::events, 100'000'000)->behind, -1);
}

class history_test : public ::testing::Test {
 protected:
  std::unique_ptr<history> open(history::limits bounds = {}) {
    auto opened = history::open(files, "history", bounds);
    EXPECT_TRUE(opened.has_value());
    return std::move(*opened);
  }
  /// Applies what the driver did last.
  static void add(history& to, const driver& log, const std::string& bytes = "{}") {
    const record last{log.last().offset, 0, as_bytes(bytes)};
    to.add(history_of(last, log.last()), last.offset + 1);
  }

  simulated_file_system files;
};

TEST_F(history_test, answers_with_everything_that_was_added_before) {
  const auto past = open();
  for (int offset = 0; offset < 100; ++offset) past->add({line(offset, "S1", "1A", "ann")}, offset + 1);
  const auto page = past->read_blocking({});
  ASSERT_TRUE(page.has_value());
  EXPECT_EQ(page->entries.size(), 100U);
  EXPECT_EQ(page->next_offset, 100);
}

TEST_F(history_test, tells_refusals_but_not_replays) {
  const auto past = open();
  driver log;
  log.add_show("S1", 2, 2);
  add(*past, log);
  log.reserve("ann", "S1", {"1A"});
  add(*past, log);
  log.repeat();
  add(*past, log);
  log.reserve("bob", "S1", {"1A"});
  add(*past, log);
  const auto page = past->read_blocking({.keys = {show_key("S1"), seat_key("1A")}});
  ASSERT_EQ(page->entries.size(), 2U);
  const json booked = json::parse(page->entries[0].text);
  EXPECT_EQ(booked["client_id"], "ann");
  EXPECT_EQ(booked["code"], "RESERVED");
  EXPECT_EQ(booked["status"], "OK");
  EXPECT_EQ(booked["type"], "seat.reserve");
  EXPECT_EQ(booked["seats"], list({"1A"}));
  EXPECT_EQ(booked["show_id"], "S1");
  EXPECT_EQ(booked["offset"], page->entries[0].offset);
  const json refused = json::parse(page->entries[1].text);
  EXPECT_EQ(refused["client_id"], "bob");
  EXPECT_EQ(refused["code"], "SEAT_TAKEN");
  EXPECT_EQ(refused["status"], "ERROR");
}

TEST_F(history_test, a_message_of_events_gives_back_its_list) {
  driver log;
  log.add_show("S1", 2, 2);
  const auto entries = history_of({log.last().offset, 0, {}}, log.last());
  ASSERT_EQ(entries.size(), 2U);
  const json message = json::parse(entries[1].text);
  EXPECT_EQ(message["v"], 1);
  EXPECT_EQ(message["offset"], log.last().offset);
  EXPECT_EQ(message["time_ms"], log.last().time_ms);
  EXPECT_EQ(message["events"][0]["type"], "show.added");
  EXPECT_EQ(events_within(entries[1].text), log.last().events);
  EXPECT_EQ(events_within("[]"), "");
}

TEST_F(history_test, a_dead_letter_holds_the_first_64_KiB_and_the_reason) {
  driver log;
  const std::string poison(100'000, 'x');
  log.raw(poison);
  const auto entries = history_of({log.last().offset, 0, as_bytes(poison)}, log.last());
  ASSERT_EQ(entries.size(), 1U);
  EXPECT_EQ(entries[0].kind, history_kind::dead_letter);
  const json letter = json::parse(entries[0].text);
  EXPECT_EQ(letter["length"], 100'000);
  EXPECT_EQ(letter["offset"], log.last().offset);
  EXPECT_EQ(letter["message_base64"].get<std::string>().size(), (64 * 1024 + 2) / 3 * 4);
  EXPECT_FALSE(letter["reason"].get<std::string>().empty());
}

TEST_F(history_test, says_when_something_to_publish_was_written) {
  const auto past = open();
  std::atomic<int> events = 0;
  past->on_written(history_kind::events, [&] { ++events; });
  past->add({line(0, "S1", "1A", "ann")}, 1);
  (void)past->read_blocking({});
  EXPECT_EQ(events, 0);
  past->add({{history_kind::events, 1, {}, "x"}}, 2);
  (void)past->read_blocking({});
  EXPECT_EQ(events, 1);
}

TEST_F(history_test, what_was_added_last_is_there_after_a_stop) {
  {
    const auto past = open();
    past->add({line(0, "S1", "1A", "ann")}, 7);
  }
  EXPECT_EQ(open()->next_offset(), 7);
}

}  // namespace
}  // namespace marquee::booking
