#include "write_manager/produce_request.h"

#include <gtest/gtest.h>

#include "write_manager/message_hash.h"

namespace marquee::write_manager {
namespace {

produce_request parsed(std::string_view text) {
  auto request = parse_produce_request(text);
  EXPECT_TRUE(request.has_value()) << request.error().pointer << " " << request.error().message;
  return request.value_or(produce_request{.messages = {{}}});
}

std::string pointer_of(std::string_view text) {
  const auto request = parse_produce_request(text);
  return request ? "accepted" : request.error().pointer;
}

TEST(produce_request, reads_one_message_with_everything) {
  const produce_request request =
      parsed(R"({"topic":"orders","producer_id":"p-1","message":"hi","key":"k","partition":2,)"
             R"("headers":{"a":"1"},"headers_base64":{"b":"/w=="},"timestamp":5,"sequence":9})");
  EXPECT_EQ(request.shape, produce_request::form::one);
  ASSERT_EQ(request.messages.size(), 1U);
  const produce_message& message = request.messages[0];
  EXPECT_EQ(message.value, "hi");
  EXPECT_EQ(message.key, "k");
  EXPECT_EQ(message.partition, 2);
  EXPECT_EQ(message.timestamp_ms, 5);
  EXPECT_EQ(request.sequence, 9);
  ASSERT_EQ(message.headers.size(), 2U);
  EXPECT_EQ(message.headers[1].second, std::string("\xff"));
}

TEST(produce_request, reads_bytes_as_base64) {
  const produce_request request =
      parsed(R"({"topic":"t","producer_id":"p","message_base64":"AAEC","key_base64":"/w=="})");
  EXPECT_EQ(request.messages[0].value, std::string("\0\1\2", 3));
  EXPECT_EQ(request.messages[0].key, std::string("\xff"));
}

TEST(produce_request, tells_tombstone_empty_and_missing_apart) {
  EXPECT_EQ(parsed(R"({"topic":"t","producer_id":"p","tombstone":true})").messages[0].value, std::nullopt);
  EXPECT_EQ(parsed(R"({"topic":"t","producer_id":"p","message":""})").messages[0].value, "");
  EXPECT_EQ(pointer_of(R"({"topic":"t","producer_id":"p"})"), "/message");
  EXPECT_EQ(pointer_of(R"({"topic":"t","producer_id":"p","message":"x","tombstone":true})"), "/tombstone");
}

TEST(produce_request, reads_header_lists_as_consume_answers_them) {
  const produce_request request = parsed(
      R"({"topic":"t","producer_id":"p","message":"x","headers":[["a","1"],["a",null],["b",{"base64":"/w=="}]]})");
  ASSERT_EQ(request.messages[0].headers.size(), 3U);
  EXPECT_EQ(request.messages[0].headers[1].second, std::nullopt);
  EXPECT_EQ(request.messages[0].headers[2].second, std::string("\xff"));
}

TEST(produce_request, reads_many_messages) {
  const produce_request request = parsed(
      R"({"topic":"t","producer_id":"p","sequence":3,"messages":[{"message":"a"},{"message":"b","key":"k"}]})");
  EXPECT_EQ(request.shape, produce_request::form::many);
  EXPECT_EQ(request.messages.size(), 2U);
}

TEST(produce_request, names_the_field_that_is_wrong) {
  EXPECT_EQ(pointer_of("[]"), "");
  EXPECT_EQ(pointer_of(R"({"producer_id":"p","message":"x"})"), "/topic");
  EXPECT_EQ(pointer_of(R"({"topic":"t","producer_id":7,"message":"x"})"), "/producer_id");
  EXPECT_EQ(pointer_of(R"({"topic":"t","producer_id":"p","message":7})"), "/message");
  EXPECT_EQ(
      pointer_of(R"({"topic":"t","producer_id":"p","messages":[{"message":"a"},{"message":"b","key":1}]})"),
      "/messages/1/key");
  EXPECT_EQ(pointer_of(R"({"topic":"t","producer_id":"p","messages":[{"message":"a","typo":1}]})"),
            "/messages/0/typo");
  EXPECT_EQ(pointer_of(R"({"topic":"t","producer_id":"p","message":"x","message_base64":"AAEC"})"),
            "/message_base64");
  EXPECT_EQ(pointer_of(R"({"topic":"t","producer_id":"p","message_base64":"A A="})"), "/message_base64");
  EXPECT_EQ(pointer_of(R"({"topic":"t","producer_id":"p","messages":[]})"), "/messages");
  EXPECT_EQ(pointer_of(R"({"topic":"t","producer_id":"p","message":"x","messages":[{"message":"a"}]})"),
            "/message");
  EXPECT_EQ(pointer_of(R"({"topic":"t","producer_id":"p","message":"x","x_note":1})"), "accepted");
}

TEST(produce_request, keeps_sequences_within_what_json_numbers_hold) {
  EXPECT_EQ(pointer_of(R"({"topic":"t","producer_id":"p","message":"x","sequence":9007199254740991})"),
            "accepted");
  EXPECT_EQ(pointer_of(R"({"topic":"t","producer_id":"p","message":"x","sequence":9007199254740992})"),
            "/sequence");
  EXPECT_EQ(pointer_of(R"({"topic":"t","producer_id":"p","message":"x","sequence":-1})"), "/sequence");
  EXPECT_EQ(
      pointer_of(
          R"({"topic":"t","producer_id":"p","sequence":9007199254740991,"messages":[{"message":"a"},{"message":"b"}]})"),
      "/sequence");
}

TEST(message_hash, differs_by_every_part_of_a_message) {
  const produce_message plain{.key = "k", .value = "v"};
  std::vector<produce_message> others(7, plain);
  others[0].key = std::nullopt;
  others[1].value = "w";
  others[2].value = std::nullopt;
  others[3].headers = {{"a", "1"}};
  others[4].partition = 0;
  others[5].timestamp_ms = 0;
  others[6].key = "";
  for (const produce_message& other : others) EXPECT_NE(hash_of(other), hash_of(plain));
  EXPECT_NE(hash_of({.key = "ab", .value = "c"}), hash_of({.key = "a", .value = "bc"}));
}

/// These stand in logs: a change would make every retry across it look like a reused sequence.
TEST(message_hash, has_the_values_that_logs_hold) {
  const produce_message plain{.key = "k", .value = "v"};
  const produce_message full{.key = "k",
                             .value = "v",
                             .headers = {{"h", "1"}, {"n", std::nullopt}},
                             .partition = 3,
                             .timestamp_ms = 1700000000000};
  EXPECT_EQ(hash_of(plain), 18008983304695950574U);
  EXPECT_EQ(hash_of(full), 2358511852779177925U);
  run_hash run;
  run.add(hash_of(plain));
  EXPECT_EQ(run.value(), -8175419618066280286);
  run.add(hash_of(full));
  EXPECT_EQ(run.value(), 2048436988389605091);
}

}  // namespace
}  // namespace marquee::write_manager
