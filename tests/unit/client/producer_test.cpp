#include "client/producer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/client/scripted_server.h"

namespace marquee::client {
namespace {

using nlohmann::json;

const json stored_body = {{"status", "success"}, {"partition", 2}, {"offset", 7}, {"timestamp", 1700}};

TEST(producer, sends_topic_id_message_and_sequence_and_reads_where_it_was_stored) {
  scripted_server server(
      [](std::size_t, const seen_request&, httplib::Response& out) { answer(out, 200, stored_body); });
  producer one(quick({server.url()}), "orders", "p-1");
  const auto stored = one.produce({.value = "hello", .key = "k"}, 5);
  ASSERT_TRUE(stored);
  EXPECT_EQ(stored->partition, 2);
  EXPECT_EQ(stored->offset, 7);
  EXPECT_EQ(stored->timestamp_ms, 1700);
  EXPECT_FALSE(stored->duplicate);
  ASSERT_EQ(server.seen().size(), 1U);
  EXPECT_EQ(server.seen()[0].target, "/producer/produce");
  EXPECT_EQ(server.seen()[0].body, json({{"topic", "orders"},
                                         {"producer_id", "p-1"},
                                         {"message", "hello"},
                                         {"key", "k"},
                                         {"sequence", 5}}));
}

TEST(producer, sends_bytes_that_are_no_text_as_base64_and_no_value_as_a_tombstone) {
  scripted_server server(
      [](std::size_t, const seen_request&, httplib::Response& out) { answer(out, 200, stored_body); });
  producer one(quick({server.url()}), "orders", "p-1");
  ASSERT_TRUE(one.produce({.value = "\xff\x01", .key = "\xfe", .headers = {{"h", "\xfd"}, {"t", "x"}}}, 0));
  ASSERT_TRUE(one.produce({.value = std::nullopt, .key = "gone", .partition = 3}, 1));
  const auto seen = server.seen();
  EXPECT_EQ(seen[0].body["message_base64"], "/wE=");
  EXPECT_EQ(seen[0].body["key_base64"], "/g==");
  EXPECT_EQ(seen[0].body["headers"], json::parse(R"([["h",{"base64":"/Q=="}],["t","x"]])"));
  EXPECT_EQ(seen[1].body["tombstone"], true);
  EXPECT_EQ(seen[1].body["partition"], 3);
  EXPECT_FALSE(seen[1].body.contains("message"));
}

TEST(producer, repeats_a_sequenced_request_with_the_same_sequence_until_it_is_stored) {
  scripted_server server([](std::size_t number, const seen_request&, httplib::Response& out) {
    if (number < 3)
      answer_failure(out, 503, "NOT_ENOUGH_REPLICAS", true, "unknown");
    else
      answer(out, 200, {{"partition", 0}, {"offset", 1}, {"timestamp", 2}, {"duplicate", true}});
  });
  producer one(quick({server.url()}), "orders", "p-1");
  const auto stored = one.produce({.value = "x"}, 9);
  ASSERT_TRUE(stored);
  EXPECT_TRUE(stored->duplicate);
  EXPECT_EQ(one.repeated_attempts(), 3);
  for (const auto& seen : server.seen()) EXPECT_EQ(seen.body["sequence"], 9);
}

TEST(producer, does_not_repeat_an_unsequenced_request_that_may_have_been_stored) {
  scripted_server server([](std::size_t, const seen_request&, httplib::Response& out) {
    answer_failure(out, 503, "NOT_ENOUGH_REPLICAS", true, "unknown");
  });
  producer one(quick({server.url()}), "orders", "p-1");
  const auto stored = one.produce({.value = "x"}, std::nullopt);
  ASSERT_FALSE(stored);
  EXPECT_EQ(stored.error().outcome, request_outcome::unknown);
  EXPECT_EQ(server.seen().size(), 1U);
}

TEST(producer, explains_a_refusal_and_does_not_repeat_it) {
  scripted_server server([](std::size_t, const seen_request&, httplib::Response& out) {
    answer_failure(out, 404, "PRODUCER_NOT_FOUND", false, "definite");
  });
  producer one(quick({server.url()}), "orders", "p-1");
  const auto stored = one.produce({.value = "x"}, 1);
  ASSERT_FALSE(stored);
  EXPECT_EQ(to_string(stored.error()),
            "told to fail [PRODUCER_NOT_FOUND, HTTP 404, from load_balancer/lb-1]");
  EXPECT_EQ(server.seen().size(), 1U);
}

TEST(producer, goes_to_the_next_load_balancer_when_one_cannot_be_reached) {
  scripted_server server(
      [](std::size_t, const seen_request&, httplib::Response& out) { answer(out, 200, stored_body); });
  producer one(quick({"http://127.0.0.1:1", server.url()}), "orders", "p-1");
  EXPECT_TRUE(one.produce({.value = "x"}, std::nullopt));
  EXPECT_EQ(one.repeated_attempts(), 1);
  EXPECT_TRUE(one.produce({.value = "y"}, std::nullopt));
  EXPECT_EQ(one.repeated_attempts(), 1);
}

TEST(producer, says_that_nobody_can_be_reached_when_the_deadline_has_passed) {
  client_options options = quick({"http://127.0.0.1:1"});
  options.deadline_ms = 50;
  producer one(options, "orders", "p-1");
  const auto stored = one.produce({.value = "x"}, 1);
  ASSERT_FALSE(stored);
  EXPECT_EQ(stored.error().code, "NO_CONNECTION");
  EXPECT_THAT(stored.error().message, ::testing::HasSubstr("http://127.0.0.1:1"));
}

TEST(producer, refuses_an_address_that_is_none_at_once) {
  for (const char* address : {"ftp//nonsense", "127.0.0.1:8080", "http://", "http://:80",
                              "http://a:", "http://a:b", "http://a/path", "https://a"}) {
    producer one(quick({address}), "orders", "p-1");
    const auto stored = one.produce({.value = "x"}, 1);
    ASSERT_FALSE(stored);
    EXPECT_EQ(stored.error().code, "BAD_ADDRESS") << address;
    EXPECT_EQ(one.repeated_attempts(), 0);
  }
}

TEST(producer, explains_an_answer_that_is_not_the_clusters) {
  scripted_server server([](std::size_t number, const seen_request&, httplib::Response& out) {
    if (number == 0) {
      out.status = 404;
      out.set_content("<html>", "text/html");
    } else {
      answer(out, 200, {{"status", "success"}});
    }
  });
  producer one(quick({server.url()}), "orders", "p-1");
  EXPECT_EQ(one.produce({.value = "x"}, 1).error().code, "UNEXPECTED_ANSWER");
  EXPECT_EQ(one.produce({.value = "x"}, 2).error().code, "MALFORMED_ANSWER");
}

TEST(producer, registers_for_a_topic) {
  scripted_server server([](std::size_t, const seen_request&, httplib::Response& out) {
    answer(out, 201, {{"status", "success"}, {"producer_id", "p-77"}});
  });
  EXPECT_EQ(producer::register_at(quick({server.url()}), "orders")->id(), "p-77");
  EXPECT_EQ(server.seen()[0].body, json({{"topic", "orders"}}));
}

}  // namespace
}  // namespace marquee::client
