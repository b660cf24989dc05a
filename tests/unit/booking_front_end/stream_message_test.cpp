#include "booking_app/front_end/stream_message.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/unit/booking_machine/driver.h"

namespace marquee::booking {
namespace {

std::vector<stream_message> messages_of(const driver& log) {
  return stream_messages(log.last().offset, log.last().events);
}

/// The `data` of a message, parsed.
json data_of(const stream_message& message) {
  const std::size_t begin = message.text.find("\ndata: ") + 7;
  return json::parse(message.text.substr(begin, message.text.find('\n', begin) - begin));
}

TEST(stream_message, of_a_booking_names_offset_show_version_and_sorted_seats) {
  driver log;
  log.add_show("S1", 12, 4);
  log.reserve("ann", "S1", {"10B", "2A", "2C"});
  const auto messages = messages_of(log);
  ASSERT_EQ(messages.size(), 1U);
  EXPECT_EQ(messages[0].text,
            "id: " + std::to_string(log.last().offset) +
                "\nevent: seat\ndata: {\"changes\":[{\"id\":\"2A\",\"state\":\"BOOKED\"},"
                "{\"id\":\"2C\",\"state\":\"BOOKED\"},{\"id\":\"10B\",\"state\":\"BOOKED\"}],"
                "\"show_id\":\"S1\",\"version\":2}\n\n");
  EXPECT_EQ(messages[0].show_id, "S1");
}

TEST(stream_message, a_record_about_two_shows_has_one_message_for_each) {
  driver log;
  log.add_show("S1", 2, 2);
  log.add_show("S2", 2, 2);
  log.send("ann", "multi.reserve",
           {{"items", json::array({{{"show_id", "S1"}, {"seats", list({"1A"})}},
                                   {{"show_id", "S2"}, {"seats", list({"2B"})}}})}});
  const auto messages = messages_of(log);
  ASSERT_EQ(messages.size(), 2U);
  EXPECT_EQ(data_of(messages[0])["show_id"], "S1");
  EXPECT_EQ(data_of(messages[1])["show_id"], "S2");
  EXPECT_EQ(messages[0].offset, messages[1].offset);
}

TEST(stream_message, an_exchange_within_a_show_is_one_message_with_the_last_version) {
  driver log;
  log.add_show("S1", 2, 3);
  const std::string booking = log.reserve("ann", "S1", {"1A", "1B"});
  log.send("ann", "booking.exchange",
           {{"booking_id", booking}, {"to", {{"show_id", "S1"}, {"seats", list({"1B", "1C"})}}}});
  const auto messages = messages_of(log);
  ASSERT_EQ(messages.size(), 1U);
  const json data = data_of(messages[0]);
  EXPECT_EQ(data["changes"], json::parse(R"([{"id":"1A","state":"AVAILABLE"},{"id":"1B","state":"BOOKED"},
                                             {"id":"1C","state":"BOOKED"}])"));
  EXPECT_EQ(data["version"], 4);
}

TEST(stream_message, an_expired_session_shows_its_hold_its_seats_and_its_lock_but_no_client) {
  driver log;
  log.add_show("S1", 1, 2);
  const std::string session = log.open_session("ann", {{"lease_ms", 1000}, {"grace_ms", 0}});
  log.send("ann", "seat.hold", {{"show_id", "S1"}, {"seats", list({"1A"})}}, {{"session_id", session}});
  log.send("ann", "lock.acquire", {{"name", "hall-1"}}, {{"session_id", session}});
  log.wait(1000);
  const auto messages = messages_of(log);
  std::vector<std::string> kinds;
  for (const stream_message& each : messages) {
    EXPECT_FALSE(each.text.contains("ann")) << each.text;
    kinds.push_back(each.text.substr(each.text.find("event: ") + 7, 4));
  }
  EXPECT_THAT(kinds, ::testing::UnorderedElementsAre("sess", "hold", "seat", "lock"));
  for (const stream_message& each : messages)
    EXPECT_EQ(each.show_id.empty(), each.text.contains("session") || each.text.contains("lock"));
}

TEST(stream_message, what_changes_nothing_on_the_map_has_none) {
  EXPECT_TRUE(stream_messages(7, "[]").empty());
  EXPECT_TRUE(stream_messages(7, "no json").empty());
  EXPECT_TRUE(
      stream_messages(7, R"([{"type":"waitlist.joined","client_id":"ann","show_id":"S1"},17])").empty());
}

}  // namespace
}  // namespace marquee::booking
