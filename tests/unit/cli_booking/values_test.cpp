#include <gtest/gtest.h>

#include "cli/booking/answer_text.h"
#include "cli/booking/bench_batch.h"
#include "cli/booking/event_stream.h"
#include "cli/booking/show_arguments.h"
#include "cli/booking/show_copy.h"
#include "cli/booking/value_text.h"

namespace marquee::cli {
namespace {

TEST(booking_values, durations_have_a_unit) {
  EXPECT_EQ(*parse_duration_ms("500ms"), 500);
  EXPECT_EQ(*parse_duration_ms("8s"), 8'000);
  EXPECT_EQ(*parse_duration_ms("2m"), 120'000);
  EXPECT_EQ(*parse_duration_ms("0s"), 0);
  for (const char* wrong : {"", "8", "s", "-1s", "1.5s", "8 s", "8sec", "99999999999999999999s", "9999999h"})
    EXPECT_FALSE(parse_duration_ms(wrong)) << wrong;
}

TEST(booking_values, times_are_utc_and_exist) {
  EXPECT_EQ(*parse_time_ms("1970-01-02T00:00Z"), 86'400'000);
  EXPECT_EQ(*parse_time_ms("2026-01-05T20:00:30Z"), 1'767'643'230'000);
  EXPECT_EQ(time_text(*parse_time_ms("2026-01-05T20:00Z")), "2026-01-05T20:00Z");
  for (const char* wrong : {"", "2026-01-05", "2026-02-30T20:00Z", "2026-01-05T24:00Z", "2026-01-05T20:00"})
    EXPECT_FALSE(parse_time_ms(wrong)) << wrong;
}

TEST(booking_values, money_is_in_cents) {
  EXPECT_EQ(money_text(1'205), "12.05");
  EXPECT_EQ(money_text(-5), "-0.05");
}

TEST(booking_values, seats_are_separated_by_spaces_or_commas) {
  EXPECT_EQ(split_words({"1A,1B", "1C", ""}), (std::vector<std::string>{"1A", "1B", "1C"}));
}

TEST(booking_values, a_category_names_its_rows) {
  booking::json_writer body;
  ASSERT_TRUE(write_category(body, "vip:Front rows:1500:1-3,7"));
  EXPECT_EQ(body.text(), R"({"id":"vip","name":"Front rows","price_cents":1500,"rows":[1,2,3,7]})");
  for (const char* wrong : {"vip", "vip:Front:x:1", "vip:Front:100:a", "vip:Front:100:1-99999999999"}) {
    booking::json_writer other;
    EXPECT_FALSE(write_category(other, wrong)) << wrong;
  }
}

TEST(booking_values, events_are_read_wherever_the_stream_was_cut) {
  const std::string stream =
      "retry: 1000\n\n: comment\n\nid: 7\nevent: seat\ndata: {\"a\":\ndata: 1}\n\nid: 8\r\ndata:x\r\n\r\n";
  for (std::size_t cut = 0; cut <= stream.size(); ++cut) {
    std::string seen;
    event_stream_reader reader(
        [&](const stream_event& event) { seen += event.id + "|" + event.event + "|" + event.data + ";"; });
    ASSERT_TRUE(reader.take(std::string_view(stream).substr(0, cut)));
    ASSERT_TRUE(reader.take(std::string_view(stream).substr(cut)));
    EXPECT_EQ(seen, "7|seat|{\"a\":\n1};8|message|x;") << "cut at " << cut;
    EXPECT_EQ(reader.last_id(), "8");
  }
}

TEST(booking_values, a_stream_without_lines_ends) {
  event_stream_reader reader([](const stream_event&) {});
  const std::string piece(1 << 19, 'x');
  EXPECT_TRUE(reader.take(piece));
  EXPECT_TRUE(reader.take(piece));
  EXPECT_FALSE(reader.take(piece));
}

TEST(booking_values, what_a_lost_connection_left_unfinished_is_no_event) {
  int events = 0;
  event_stream_reader reader([&](const stream_event&) { ++events; });
  reader.take("data: half");
  reader.begin_again();
  reader.take("\n\n");
  EXPECT_EQ(events, 0);
}

constexpr const char* map_with_aisle =
    R"({"rows":2,"cols":3,"show_id":"S1","movie":"Dune","hall":"1","starts_at_ms":86400000,"show_version":4,)"
    R"("categories":[{"id":"standard","name":"Standard","price_cents":0}],"seats":[)"
    R"({"id":"1A","row":1,"col":1,"cat":"standard","state":"BOOKED","mine":true},)"
    R"({"id":"1C","row":1,"col":3,"cat":"standard","state":"BOOKED","mine":false},)"
    R"({"id":"2A","row":2,"col":1,"cat":"standard","state":"HELD","mine":false},)"
    R"({"id":"2C","row":2,"col":3,"cat":"standard","state":"AVAILABLE"}]})";

TEST(booking_values, the_seat_map_shows_states_and_aisles) {
  const std::string text = seat_map_text(map_with_aisle);
  EXPECT_NE(text.find("   1  @   x\n   2  h   C\n"), std::string::npos) << text;
  EXPECT_NE(text.find("1 free, version 4"), std::string::npos) << text;
}

TEST(booking_values, a_show_is_made_anew_as_it_was) {
  EXPECT_EQ(*show_copy_json(map_with_aisle),
            R"({"categories":[{"id":"standard","name":"Standard","price_cents":0,"rows":[1,2]}],"hall":"1",)"
            R"("layout":["s.s","s.s"],"movie":"Dune","show_id":"S1","starts_at_ms":86400000})");
  EXPECT_FALSE(show_copy_json("[]"));
  EXPECT_FALSE(show_copy_json(R"({"rows":1,"cols":1,"seats":[{"row":5,"col":1}]})"));
}

TEST(booking_values, a_refusal_names_every_seat_in_the_way) {
  const std::string text = refusal_text(
      409, R"({"code":"SEAT_TAKEN","message":"taken","conflicts":[{"seat":"1A","state":"BOOKED"}]})");
  EXPECT_EQ(text, "SEAT_TAKEN: taken\n  1A BOOKED");
  EXPECT_NE(refusal_text(418, "<html>").find("418"), std::string::npos);
}

TEST(booking_values, answers_are_told_in_words_and_odd_ones_as_they_came) {
  EXPECT_EQ(answer_text(
                R"({"code":"RESERVED","seats":["1A"],"show_id":"S1","booking_id":"B-5","price_cents":1200})"),
            "booked 1A of S1: booking B-5, 12.00");
  EXPECT_EQ(answer_text(R"({"code":"NEW"})"), R"({"code":"NEW"})");
  EXPECT_EQ(answer_text(""), "done");
}

TEST(booking_values, server_timings_are_summed_by_name) {
  std::map<std::string, double> sums;
  add_server_timing("produce;dur=0.5, vote;dur=0.25", sums);
  add_server_timing("produce;dur=1.5,odd", sums);
  EXPECT_EQ(sums, (std::map<std::string, double>{{"produce", 2.0}, {"vote", 0.25}}));
}

}  // namespace
}  // namespace marquee::cli
