#include "client/consumer.h"

#include <gtest/gtest.h>

#include "client/administrator.h"
#include "tests/unit/client/scripted_server.h"

namespace marquee::client {
namespace {

using nlohmann::json;

json message_body(std::int64_t offset, const std::string& text) {
  return {{"message", text}, {"key", nullptr}, {"partition", 0}, {"offset", offset}, {"timestamp", 1}};
}

TEST(consumer, counts_its_polls_up_and_asks_again_with_the_same_number_after_a_lost_answer) {
  scripted_server server([](std::size_t number, const seen_request&, httplib::Response& out) {
    if (number == 1)
      answer_failure(out, 502, "MANAGER_GONE", true, "unknown");
    else
      answer(out, 200, {{"messages", json::array({message_body(static_cast<std::int64_t>(number), "m")})}});
  });
  consumer one(quick({server.url()}), "orders", "c-1");
  ASSERT_TRUE(one.consume({.max_messages = 10}));
  ASSERT_TRUE(one.consume({.max_messages = 10}));
  const auto seen = server.seen();
  ASSERT_EQ(seen.size(), 3U);
  const auto first = seen[0].body["poll"].get<std::int64_t>();
  EXPECT_EQ(seen[1].body["poll"], first + 1);
  EXPECT_EQ(seen[2].body["poll"], first + 1);
  EXPECT_EQ(seen[0].body["max"], 10);
}

TEST(consumer, keeps_its_poll_number_when_a_call_failed_for_good) {
  scripted_server server([](std::size_t number, const seen_request&, httplib::Response& out) {
    if (number == 0)
      answer_failure(out, 404, "CONSUMER_NOT_FOUND", false, "definite");
    else
      answer(out, 200, {{"messages", json::array()}});
  });
  consumer one(quick({server.url()}), "orders", "c-1");
  EXPECT_EQ(one.consume({}).error().code, "CONSUMER_NOT_FOUND");
  EXPECT_TRUE(one.consume({}));
  EXPECT_EQ(server.seen()[1].body["poll"], server.seen()[0].body["poll"]);
}

TEST(consumer, reads_text_base64_tombstones_and_what_was_skipped) {
  scripted_server server([](std::size_t, const seen_request&, httplib::Response& out) {
    json binary = message_body(2, "");
    binary.erase("message");
    binary["message_base64"] = "/wE=";
    binary["key"] = "k";
    json tombstone = message_body(3, "");
    tombstone["message"] = nullptr;
    tombstone["tombstone"] = true;
    answer(out, 200,
           {{"messages", json::array({message_body(1, "text"), binary, tombstone})}, {"skipped", 4}});
  });
  consumer one(quick({server.url()}), "orders", "c-1");
  const auto got = one.consume({.max_messages = 3});
  ASSERT_TRUE(got);
  ASSERT_EQ(got->messages.size(), 3U);
  EXPECT_EQ(got->messages[0].value, "text");
  EXPECT_FALSE(got->messages[0].key);
  EXPECT_EQ(got->messages[1].value, "\xff\x01");
  EXPECT_EQ(got->messages[1].key, "k");
  EXPECT_FALSE(got->messages[2].value);
  EXPECT_EQ(got->messages[2].offset, 3);
  EXPECT_EQ(got->skipped, 4);
}

TEST(consumer, refuses_answers_without_the_promised_form) {
  scripted_server server([](std::size_t number, const seen_request&, httplib::Response& out) {
    json bad = message_body(1, "x");
    if (number == 0) bad.erase("offset");
    if (number == 1) bad = {{"message_base64", "?"}, {"partition", 0}, {"offset", 1}, {"timestamp", 1}};
    if (number == 2) bad = 5;
    answer(out, 200, number == 3 ? json::object() : json({{"messages", json::array({bad})}}));
  });
  consumer one(quick({server.url()}), "orders", "c-1");
  for (int i = 0; i < 4; ++i) EXPECT_EQ(one.consume({}).error().code, "MALFORMED_ANSWER");
}

TEST(consumer, registers_asks_its_size_and_goes_away) {
  scripted_server server([](std::size_t, const seen_request& seen, httplib::Response& out) {
    if (seen.method == "POST")
      answer(out, 201, {{"consumer_id", "c-9"}});
    else
      answer(out, 200, {{"size", 12}});
  });
  auto one = consumer::register_at(quick({server.url()}), "a b", start_position::latest);
  ASSERT_TRUE(one);
  EXPECT_EQ(*one->size(), 12);
  EXPECT_TRUE(one->remove());
  const auto seen = server.seen();
  EXPECT_EQ(seen[0].body, json({{"topic", "a b"}, {"from", "latest"}}));
  EXPECT_EQ(seen[1].target, "/size?topic=a%20b&consumer_id=c-9");
  EXPECT_EQ(seen[2].method + seen[2].target, "DELETE/consumer/c-9");
}

TEST(administrator, creates_describes_and_deletes_topics) {
  scripted_server server([](std::size_t, const seen_request&, httplib::Response& out) {
    answer(out, 200, {{"status", "success"}});
  });
  administrator admin(quick({server.url()}));
  ASSERT_TRUE(admin.create_topic(
      {.name = "orders", .partitions = 4, .replication_factor = 3, .config = {{"durability", "relaxed"}}}));
  ASSERT_TRUE(admin.describe_topic("or/ders"));
  ASSERT_TRUE(admin.delete_topic("orders"));
  ASSERT_TRUE(admin.list_topics());
  ASSERT_TRUE(admin.cluster());
  const auto seen = server.seen();
  EXPECT_EQ(seen[0].body, json({{"name", "orders"},
                                {"partitions", 4},
                                {"replication_factor", 3},
                                {"config", {{"durability", "relaxed"}}}}));
  EXPECT_EQ(seen[1].target, "/topics/or%2Fders");
  EXPECT_EQ(seen[2].method + seen[2].target, "DELETE/topics/orders");
  EXPECT_EQ(seen[3].target, "/topics");
  EXPECT_EQ(seen[4].target, "/cluster");
}

}  // namespace
}  // namespace marquee::client
