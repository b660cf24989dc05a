#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "client/producer.h"
#include "tests/unit/client/scripted_server.h"

namespace marquee::client {
namespace {

using nlohmann::json;

json stored(std::int64_t offset, bool duplicate = false) {
  json item = {{"partition", 0}, {"offset", offset}, {"timestamp", 1}};
  if (duplicate) item["duplicate"] = true;
  return item;
}

json failed(const char* code, bool retriable, const char* outcome) {
  return {{"code", code}, {"message", "told to fail"}, {"retriable", retriable}, {"outcome", outcome}};
}

std::vector<message> messages(std::size_t count) {
  std::vector<message> made;
  for (std::size_t i = 0; i < count; ++i) made.push_back({.value = "m" + std::to_string(i)});
  return made;
}

/// Stores every message at the offset that equals its sequence.
void store_all(const seen_request& seen, httplib::Response& out) {
  json results = json::array();
  for (std::size_t i = 0; i < seen.body["messages"].size(); ++i)
    results.push_back(stored(seen.body["sequence"].get<std::int64_t>() + static_cast<std::int64_t>(i)));
  answer(out, 200, {{"status", "success"}, {"results", results}});
}

TEST(produce_batch, counts_sequences_on_over_single_messages_and_batches) {
  scripted_server server([](std::size_t, const seen_request& seen, httplib::Response& out) {
    if (seen.body.contains("messages"))
      store_all(seen, out);
    else
      answer(out, 200, stored(seen.body["sequence"]));
  });
  producer one(quick({server.url()}), "orders", "p-1", 10);
  ASSERT_TRUE(one.produce({.value = "x"}));
  const auto results = one.produce(messages(3));
  ASSERT_TRUE(one.produce({.value = "y"}));
  ASSERT_EQ(results.size(), 3U);
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(results[i]->offset, 11 + static_cast<std::int64_t>(i));
  EXPECT_EQ(server.seen()[2].body["sequence"], 14);
  EXPECT_EQ(one.next_sequence(), 15);
  EXPECT_EQ(server.seen()[1].body["messages"],
            json::parse(R"([{"message":"m0"},{"message":"m1"},{"message":"m2"}])"));
}

TEST(produce_batch, sends_what_failed_again_with_its_own_sequences_and_all_that_lies_between) {
  scripted_server server([](std::size_t number, const seen_request& seen, httplib::Response& out) {
    if (number > 0) return store_all(seen, out);
    answer(out, 200,
           {{"status", "partial"},
            {"results",
             {stored(100), failed("NOT_ENOUGH_REPLICAS", true, "unknown"), stored(102),
              failed("MESSAGE_TOO_LARGE", false, "definite"), failed("NOT_LEADER", true, "definite"),
              stored(105)}}});
  });
  producer one(quick({server.url()}), "orders", "p-1", 50);
  const auto results = one.produce(messages(6));
  const auto seen = server.seen();
  ASSERT_EQ(seen.size(), 2U);
  EXPECT_EQ(seen[1].body["sequence"], 51);
  EXPECT_EQ(seen[1].body["messages"].size(), 4U);
  EXPECT_EQ(seen[1].body["messages"][0]["message"], "m1");
  EXPECT_EQ(results[0]->offset, 100);
  EXPECT_EQ(results[1]->offset, 51);
  EXPECT_EQ(results[2]->offset, 102);
  EXPECT_EQ(results[3].error().code, "MESSAGE_TOO_LARGE");
  EXPECT_EQ(results[4]->offset, 54);
  EXPECT_EQ(one.repeated_attempts(), 1);
}

TEST(produce_batch, judges_the_results_of_a_failure_one_by_one) {
  scripted_server server([](std::size_t number, const seen_request& seen, httplib::Response& out) {
    if (number > 0) return store_all(seen, out);
    json body = failed("NOT_ENOUGH_REPLICAS", true, "unknown");
    body["results"] = {failed("MESSAGE_TOO_LARGE", false, "definite"),
                       failed("NOT_ENOUGH_REPLICAS", true, "unknown")};
    answer(out, 503, body);
  });
  producer one(quick({server.url()}), "orders", "p-1");
  const auto results = one.produce(messages(2));
  EXPECT_EQ(results[0].error().code, "MESSAGE_TOO_LARGE");
  EXPECT_TRUE(results[1]);
  EXPECT_EQ(server.seen()[1].body["sequence"], 1);
}

TEST(produce_batch, cuts_large_batches_into_requests_and_sends_nothing_past_a_message_that_gave_up) {
  scripted_server server([](std::size_t, const seen_request& seen, httplib::Response& out) {
    if (seen.body["sequence"] == 0) return store_all(seen, out);
    answer_failure(out, 503, "NOT_ENOUGH_REPLICAS", true, "unknown");
  });
  client_options options = quick({server.url()});
  options.deadline_ms = 1'500;
  options.longest_pause_ms = 200;
  producer one(options, "orders", "p-1");
  const auto results = one.produce(messages(5'000));
  const auto seen = server.seen();
  ASSERT_GE(seen.size(), 2U);
  EXPECT_EQ(seen[0].body["messages"].size(), 2'000U);
  EXPECT_EQ(seen.back().body["sequence"], 2'000);
  EXPECT_EQ(results[1'999]->offset, 1'999);
  ASSERT_FALSE(results[2'000]);
  // The last attempt may have been cut short by the deadline.
  EXPECT_THAT(results[2'000].error().code, ::testing::AnyOf("NOT_ENOUGH_REPLICAS", "NO_ANSWER"));
  EXPECT_EQ(results[2'000].error().outcome, request_outcome::unknown);
  ASSERT_FALSE(results[4'000]);
  EXPECT_EQ(results[4'000].error().code, "NOT_ATTEMPTED");
  EXPECT_EQ(results[4'000].error().outcome, request_outcome::definite);
}

TEST(produce_batch, keeps_requests_below_their_size_and_sends_a_larger_message_alone) {
  scripted_server server(
      [](std::size_t, const seen_request& seen, httplib::Response& out) { store_all(seen, out); });
  client_options options = quick({server.url()});
  options.attempt_timeout_ms = options.deadline_ms = 60'000;
  producer one(options, "orders", "p-1");
  std::vector<message> batch(3, message{.value = std::string(3'000'000, 'x')});
  batch[1].value = std::string(5'000'000, 'x');
  for (const auto& result : one.produce(batch)) EXPECT_TRUE(result);
  EXPECT_EQ(server.seen().size(), 3U);
}

TEST(produce_batch, gives_every_message_the_failure_of_a_refused_request) {
  scripted_server server([](std::size_t, const seen_request&, httplib::Response& out) {
    answer_failure(out, 404, "PRODUCER_NOT_FOUND", false, "definite");
  });
  producer one(quick({server.url()}), "orders", "p-1");
  for (const auto& result : one.produce(messages(3))) EXPECT_EQ(result.error().code, "PRODUCER_NOT_FOUND");
  EXPECT_EQ(server.seen().size(), 1U);
  EXPECT_TRUE(one.produce(std::span<const message>()).empty());
}

TEST(produce_batch, refuses_an_answer_that_does_not_answer_every_message) {
  scripted_server server([](std::size_t, const seen_request&, httplib::Response& out) {
    answer(out, 200, {{"results", {stored(1)}}});
  });
  producer one(quick({server.url()}), "orders", "p-1");
  for (const auto& result : one.produce(messages(2))) {
    EXPECT_EQ(result.error().code, "MALFORMED_ANSWER");
    EXPECT_EQ(result.error().outcome, request_outcome::unknown);
  }
}

TEST(produce_batch, refuses_names_that_are_no_text_without_sending_anything) {
  scripted_server server(
      [](std::size_t, const seen_request&, httplib::Response& out) { answer(out, 500, {}); });
  producer one(quick({server.url()}), "orders", "p-1");
  const message bad{.value = "x", .headers = {{"\xff", "v"}}};
  EXPECT_EQ(one.produce(std::span(&bad, 1))[0].error().code, "BAD_ARGUMENT");
  EXPECT_EQ(one.produce(bad).error().code, "BAD_ARGUMENT");
  EXPECT_TRUE(server.seen().empty());
}

}  // namespace
}  // namespace marquee::client
