#include "booking_app/front_end/answer_mapping.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "booking_app/machine/answer_code.h"

namespace marquee::booking {
namespace {

using nlohmann::json;

voted_answer reserved() {
  return {.code = "RESERVED",
          .ok = true,
          .offset = 51'873,
          .at_offset = 51'873,
          .time_ms = 10,
          .show_version = 311,
          .body = R"({"booking_id":"B-51873","seats":["1A"]})"};
}

TEST(answer_mapping, every_code_of_the_state_machine_has_a_status_but_those_of_no_client) {
  for (int i = 0; i <= static_cast<int>(answer_code::last); ++i) {
    const auto code = static_cast<answer_code>(i);
    if (code == answer_code::touched) continue;
    const int status = http_status_of(to_string(code));
    EXPECT_NE(status, 500) << to_string(code);
    EXPECT_EQ(status < 300, is_success(code)) << to_string(code);
  }
  EXPECT_EQ(http_status_of("NO_SUCH_CODE"), 500);
}

TEST(answer_mapping, an_answer_has_the_body_its_offset_and_the_version_of_the_show) {
  const net::http_response response = to_response(reserved());
  EXPECT_EQ(response.status, 201);
  EXPECT_EQ(response.body, R"({"status":"success","code":"RESERVED","outcome":"done","offset":51873,)"
                           R"("booking_id":"B-51873","seats":["1A"]})");
  EXPECT_EQ(response.headers.get("X-Offset"), "51873");
  EXPECT_EQ(response.headers.get("ETag"), "\"311\"");
  EXPECT_EQ(response.headers.get("Idempotency-Replayed"), "false");
  EXPECT_FALSE(response.headers.has("Retry-After"));
}

TEST(answer_mapping, a_replay_differs_in_one_header_only) {
  const net::http_response first = to_response(reserved());
  voted_answer again = reserved();
  again.replayed = true;
  again.at_offset = 60'000;
  again.time_ms = 99;
  const net::http_response second = to_response(again);
  EXPECT_EQ(second.body, first.body);
  EXPECT_EQ(second.headers.get("X-Offset"), first.headers.get("X-Offset"));
  EXPECT_EQ(second.headers.get("ETag"), first.headers.get("ETag"));
  EXPECT_EQ(second.headers.get("Idempotency-Replayed"), "true");
}

TEST(answer_mapping, an_empty_body_gives_valid_json) {
  voted_answer answer = reserved();
  answer.code = "LEFT";
  answer.show_version = std::nullopt;
  answer.body = "{}";
  const net::http_response response = to_response(answer);
  EXPECT_EQ(response.body, R"({"status":"success","code":"LEFT","outcome":"done","offset":51873})");
  EXPECT_FALSE(response.headers.has("ETag"));
}

TEST(answer_mapping, a_refusal_tells_what_stood_against_it) {
  const voted_answer refused{
      .code = "SEAT_TAKEN",
      .ok = false,
      .offset = 9,
      .at_offset = 9,
      .show_version = 4,
      .body =
          R"({"code":"SEAT_TAKEN","conflicts":[{"seat":"1A","state":"BOOKED"}],"message":"taken","outcome":"definite"})"};
  const net::http_response response = to_response(refused);
  EXPECT_EQ(response.status, 409);
  const json body = json::parse(response.body);
  EXPECT_EQ(body["status"], "failure");
  EXPECT_EQ(body["code"], "SEAT_TAKEN");
  EXPECT_EQ(body["outcome"], "definite");
  EXPECT_EQ(body["offset"], 9);
  EXPECT_EQ(body["conflicts"][0]["seat"], "1A");
}

TEST(answer_mapping, what_failed_on_the_way_is_unknown_unless_nothing_was_sent) {
  const auto told = [](submission_failure failure) { return to_response(failure, "booking_front_end/x", 7); };
  const auto outcome = [](const net::http_response& response) {
    return json::parse(response.body)["outcome"].get<std::string>();
  };
  EXPECT_EQ(told(submission_failure::no_quorum).status, 503);
  EXPECT_EQ(outcome(told(submission_failure::no_quorum)), "unknown");
  EXPECT_TRUE(told(submission_failure::no_quorum).headers.has("Retry-After"));
  EXPECT_EQ(told(submission_failure::no_majority).status, 503);
  EXPECT_EQ(outcome(told(submission_failure::no_majority)), "unknown");
  EXPECT_EQ(told(submission_failure::timed_out).status, 504);
  EXPECT_EQ(outcome(told(submission_failure::timed_out)), "unknown");
  EXPECT_EQ(told(submission_failure::in_progress).status, 409);
  const net::http_response full = told(submission_failure::overloaded);
  EXPECT_EQ(full.status, 429);
  EXPECT_TRUE(full.headers.has("Retry-After"));
  const json body = json::parse(full.body);
  EXPECT_EQ(body["code"], "QUEUE");
  EXPECT_EQ(body["position"], 7);
  EXPECT_EQ(body["outcome"], "definite");
}

TEST(answer_mapping, its_own_refusals_are_definite) {
  const net::http_response response = refuse("booking_front_end/x", "SESSION_EXPIRED", "over");
  EXPECT_EQ(response.status, 410);
  const json body = json::parse(response.body);
  EXPECT_EQ(body["status"], "failure");
  EXPECT_EQ(body["outcome"], "definite");
}

TEST(answer_mapping, says_where_the_time_went) {
  const net::http_response response = to_response(submitted_answer{reserved(), 1'234, 500});
  EXPECT_EQ(response.headers.get("Server-Timing"), "produce;dur=1.234, vote;dur=0.500");
}

}  // namespace
}  // namespace marquee::booking
