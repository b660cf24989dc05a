#include "write_manager/produce_answer.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "write_manager/partition_status_client.h"

namespace marquee::write_manager {
namespace {

using nlohmann::json;
using form = produce_request::form;

message_result stored(std::int64_t offset, bool duplicate = false) {
  return {.partition = 1,
          .offset = offset,
          .timestamp_ms = 5,
          .duplicate = duplicate,
          .broker = {},
          .problem = {}};
}

message_result failed(int status, std::string code, broker_id broker = {}) {
  return {.broker = broker,
          .problem = message_problem{.status = status,
                                     .code = std::move(code),
                                     .text = "why \"not\"",
                                     .retriable = status == 503,
                                     .outcome_unknown = status == 503}};
}

json body_of(const net::http_response& response) {
  return json::parse(response.body);
}

TEST(produce_answer, one_message) {
  const auto response = make_produce_answer(form::one, {stored(7)}, {}, "write_manager/wm-1");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(body_of(response), json::parse(R"({"status":"success","partition":1,"offset":7,"timestamp":5})"));
  EXPECT_TRUE(body_of(make_produce_answer(form::one, {stored(7, true)}, {}, "w"))["duplicate"]);
}

TEST(produce_answer, relaxed_topics_say_so) {
  db::topic_row topic;
  topic.config = {{"durability", "relaxed"}};
  EXPECT_EQ(body_of(make_produce_answer(form::one, {stored(7)}, topic, "w"))["durability"], "relaxed");
}

TEST(produce_answer, failure_names_who_failed_and_whether_it_may_still_happen) {
  const auto response = make_produce_answer(form::one, {failed(503, "NOT_ENOUGH_REPLICAS", broker_id(3))}, {},
                                            "write_manager/wm-1");
  EXPECT_EQ(response.status, 503);
  EXPECT_TRUE(response.headers.has("Retry-After"));
  const json body = body_of(response);
  EXPECT_EQ(body["status"], "failure");
  EXPECT_EQ(body["component"], "broker/3");
  EXPECT_EQ(body["outcome"], "unknown");
  EXPECT_EQ(body["retriable"], true);
}

TEST(produce_answer, part_of_a_batch_is_partial_and_nothing_of_it_is_the_worst_failure) {
  const auto partial = make_produce_answer(form::many, {stored(7), failed(413, "MESSAGE_TOO_LARGE")}, {},
                                           "write_manager/wm-1");
  EXPECT_EQ(partial.status, 200);
  EXPECT_EQ(body_of(partial)["status"], "partial");
  EXPECT_EQ(body_of(partial)["results"][1]["code"], "MESSAGE_TOO_LARGE");
  const auto nothing = make_produce_answer(
      form::many, {failed(422, "INVALID_PARTITION"), failed(503, "NOT_ENOUGH_REPLICAS")}, {}, "w");
  EXPECT_EQ(nothing.status, 503);
  EXPECT_EQ(body_of(nothing)["status"], "failure");
  EXPECT_EQ(body_of(nothing)["code"], "NOT_ENOUGH_REPLICAS");
  EXPECT_EQ(body_of(nothing)["results"].size(), 2U);
  EXPECT_EQ(body_of(nothing)["results"][0]["outcome"], "definite");
}

TEST(produce_answer, results_come_back_in_request_order) {
  produce_request request;
  request.messages.resize(3, {.value = "x"});
  request.messages[2].timestamp_ms = 77;
  produce_plan plan;
  plan.problems.resize(3);
  plan.problems[1] = message_problem{.status = 422, .code = "INVALID_PARTITION", .text = ""};
  plan.partitions = {{partition_id(0), {{.records = {}, .identity = {}, .messages = {2}}}},
                     {partition_id(1), {{.records = {}, .identity = {}, .messages = {0}}}}};
  item_outcome first;
  first.batches = {{.messages = {{.offset = 10, .duplicate = false, .problem = {}}}}};
  item_outcome second;
  second.batches = {{.messages = {{.offset = 20, .duplicate = false, .problem = {}}}}};
  const auto results = collect_results(request, plan, {first, second}, {}, 1000);
  EXPECT_EQ(results[0].offset, 20);
  EXPECT_EQ(results[0].timestamp_ms, 1000);
  EXPECT_EQ(results[1].problem->code, "INVALID_PARTITION");
  EXPECT_EQ(results[2].offset, 10);
  EXPECT_EQ(results[2].timestamp_ms, 77);
}

class duplicate_answer : public ::testing::Test {
 protected:
  message_result told(message_outcome outcome, std::optional<std::int64_t> own_time = std::nullopt) {
    produce_request request;
    request.messages = {{.value = "x", .timestamp_ms = own_time}};
    produce_plan plan;
    plan.problems.resize(1);
    plan.partitions = {{partition_id(0), {{.records = {}, .identity = {}, .messages = {0}}}}};
    item_outcome all;
    all.batches = {{.messages = {std::move(outcome)}, .append_time_ms = 500}};
    return collect_results(request, plan, {all}, topic_, 1000).front();
  }

  db::topic_row topic_;
};

TEST_F(duplicate_answer, repeats_the_timestamp_that_is_stored) {
  const message_result result = told({.offset = 1, .duplicate = true, .stored_timestamp_ms = 444});
  EXPECT_TRUE(result.duplicate);
  EXPECT_EQ(result.timestamp_ms, 444);
  topic_.config = {{"message.timestamp.type", "append"}};
  EXPECT_EQ(told({.offset = 1, .duplicate = true, .stored_timestamp_ms = 444}).timestamp_ms, 444);
}

TEST_F(duplicate_answer, tells_what_is_known_of_a_record_that_retention_removed) {
  EXPECT_EQ(told({.offset = 1, .duplicate = true}).timestamp_ms, 500);
  EXPECT_EQ(told({.offset = 1, .duplicate = true}, 77).timestamp_ms, 77);
}

TEST_F(duplicate_answer, does_not_call_its_own_second_attempt_a_duplicate) {
  EXPECT_FALSE(
      told({.offset = 1, .duplicate = true, .perhaps_own = true, .stored_timestamp_ms = 1000}).duplicate);
  EXPECT_TRUE(
      told({.offset = 1, .duplicate = true, .perhaps_own = true, .stored_timestamp_ms = 999}).duplicate);
}

TEST(partition_status, leader_of_the_highest_term_is_believed) {
  const uuid topic = uuid::random();
  const auto answer = [&](const char* role, int term, int high_watermark) {
    return json{{"partitions",
                 {{{"topic_id", to_string(topic)},
                   {"partition", 0},
                   {"role", role},
                   {"leader", 2},
                   {"term", term},
                   {"log_start_offset", 0},
                   {"high_watermark", high_watermark},
                   {"replicas", {{{"broker_id", 1}, {"role", "voter"}, {"in_sync", true}}}}}}}}
        .dump();
  };
  partition_statuses all;
  merge_partition_answer(all, broker_id(1), answer("leader", 3, 10));
  merge_partition_answer(all, broker_id(2), answer("leader", 4, 20));
  merge_partition_answer(all, broker_id(3), answer("leader", 2, 30));
  merge_partition_answer(all, broker_id(4), "garbage");
  const partition_status& status = all.at({topic, partition_id(0)});
  EXPECT_EQ(status.leader, 2);
  EXPECT_EQ(status.term, 4);
  EXPECT_EQ(status.high_watermark, 20);
}

TEST(partition_status, replica_that_answers_too_is_not_listed_twice) {
  const uuid topic = uuid::random();
  const auto answer = [&](const char* role, const json& replicas) {
    return json{{"partitions",
                 {{{"topic_id", to_string(topic)},
                   {"partition", 0},
                   {"role", role},
                   {"leader", 2},
                   {"term", 3},
                   {"high_watermark", nullptr},
                   {"replicas", replicas}}}}}
        .dump();
  };
  json voters = json::array();
  for (const int broker : {1, 2, 3}) voters.push_back({{"broker_id", broker}, {"role", "voter"}});
  // The leader was elected and does not serve yet, so it has no high watermark.
  for (const bool leader_first : {true, false}) {
    partition_statuses all;
    if (!leader_first) merge_partition_answer(all, broker_id(1), answer("follower", json::array()));
    merge_partition_answer(all, broker_id(2), answer("leader", voters));
    if (leader_first) merge_partition_answer(all, broker_id(1), answer("follower", json::array()));
    EXPECT_EQ(all.at({topic, partition_id(0)}).replicas.size(), 3U);
  }
}

TEST(partition_status, what_nobody_answered_is_null) {
  db::topic_row topic;
  topic.partitions = {{partition_id(0), {{broker_id(5), incarnation_id(1)}}}};
  const json list = json::parse(partitions_json(topic, {}, {}));
  ASSERT_EQ(list.size(), 1U);
  EXPECT_TRUE(list[0]["leader"].is_null());
  EXPECT_TRUE(list[0]["high_watermark"].is_null());
  EXPECT_EQ(list[0]["replicas"][0]["broker"], 5);
  EXPECT_TRUE(list[0]["replicas"][0]["in_sync"].is_null());
}

}  // namespace
}  // namespace marquee::write_manager
