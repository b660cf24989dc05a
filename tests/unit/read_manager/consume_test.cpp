// Consumers over HTTP against a fake cluster.

#include <gtest/gtest.h>

#include "test_manager.h"

namespace marquee::read_manager {
namespace {

using nlohmann::json;

class consume_test : public testing::Test {
 protected:
  consume_test() {
    id = manager.consumer_id(1);
    cluster.register_consumer(id, {{0, 0}, {1, 0}});
  }
  position_map committed() { return cluster.consumer(id).positions; }
  void expect_committed(const position_map& expected) { EXPECT_EQ(committed(), expected); }

  fake_cluster cluster{2};
  test_manager manager{cluster, "rm-1"};
  std::string id;
};

TEST_F(consume_test, partitions_take_turns_and_each_message_comes_once) {
  cluster.append(0, {"a0", "a1", "a2"});
  cluster.append(1, {"b0", "b1"});
  EXPECT_EQ(manager.read(id), "a0");
  EXPECT_EQ(manager.read(id, {{"max", 3}}), "b0 a1 b1");
  EXPECT_EQ(manager.read(id, {{"max", 3}}), "a2");
  EXPECT_EQ(manager.read(id, {{"max", 3}}), "");
}

TEST_F(consume_test, an_answer_has_the_documented_shape) {
  cluster.append(0, {"a0"});
  const reply got = manager.consume(id);
  EXPECT_EQ(got.status, 200);
  EXPECT_EQ(got.headers.get("Cache-Control"), "no-store");
  EXPECT_TRUE(got.headers.get("Server-Timing").starts_with("manager;dur="));
  EXPECT_EQ(got.body["status"], "success");
  EXPECT_EQ(got.body["message"], "a0");
  EXPECT_EQ(got.body["key"], "k");
  EXPECT_EQ(got.body["partition"], 0);
  EXPECT_EQ(got.body["offset"], 0);
  EXPECT_EQ(got.body["timestamp"], 1000);
  EXPECT_EQ(got.body["messages"].size(), 1U);
}

TEST_F(consume_test, one_message_at_a_time_is_not_one_fetch_each) {
  std::vector<std::string> many;
  for (int i = 0; i < 500; ++i) many.push_back(std::to_string(i));
  cluster.append(0, many);
  for (int i = 0; i < 500; ++i) ASSERT_EQ(manager.read(id), std::to_string(i));
  EXPECT_LT(cluster.fetches(), 100);
}

TEST_F(consume_test, get_with_a_query_does_the_same) {
  cluster.append(0, {"a0", "a1"});
  const reply got = manager.call("GET", "/consumer/consume?topic=orders&consumer_id=" + id + "&max=2");
  EXPECT_EQ(got.status, 200);
  EXPECT_EQ(got.body["messages"].size(), 2U);
}

TEST_F(consume_test, a_long_poll_answers_as_soon_as_there_is_something) {
  cluster.later([&] { cluster.append(1, {"late"}); });
  const auto began = std::chrono::steady_clock::now();
  EXPECT_EQ(manager.read(id, {{"wait_ms", 10'000}}), "late");
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(5));
}

TEST_F(consume_test, nothing_to_read_is_said_after_wait_ms) {
  const auto began = std::chrono::steady_clock::now();
  EXPECT_EQ(manager.read(id, {{"wait_ms", 200}}), "");
  EXPECT_GE(std::chrono::steady_clock::now() - began, std::chrono::milliseconds(200));
}

TEST_F(consume_test, automatic_commits_when_the_next_consume_comes) {
  cluster.append(0, {"a0", "a1", "a2"});
  EXPECT_EQ(manager.read(id, {{"max", 2}}), "a0 a1");
  expect_committed({{0, 0}, {1, 0}});
  EXPECT_EQ(manager.read(id), "a2");
  expect_committed({{0, 2}, {1, 0}});
}

TEST_F(consume_test, manual_waits_for_commit_and_goes_on_reading) {
  cluster.append(0, {"a0", "a1", "a2"});
  EXPECT_EQ(manager.read(id, {{"commit", "manual"}}), "a0");
  EXPECT_EQ(manager.read(id, {{"commit", "manual"}}), "a1");
  expect_committed({{0, 0}, {1, 0}});
  const json positions = {{{"partition", 0}, {"offset", 1}}};
  EXPECT_EQ(manager.call("POST", "/consumer/commit", {{"consumer_id", id}, {"positions", positions}}).status,
            200);
  EXPECT_EQ(committed(), (position_map{{0, 1}, {1, 0}}));
  EXPECT_EQ(manager.read(id, {{"commit", "manual"}}), "a2");
}

TEST_F(consume_test, positions_outside_the_log_are_refused) {
  cluster.append(0, {"a0"});
  const auto commit = [&](std::int64_t partition, std::int64_t offset) {
    const json positions = {{{"partition", partition}, {"offset", offset}}};
    return manager.call("POST", "/consumer/commit", {{"consumer_id", id}, {"positions", positions}});
  };
  EXPECT_EQ(commit(0, 2).body["code"], "INVALID_POSITION");
  EXPECT_EQ(commit(7, 0).status, 422);
  EXPECT_EQ(commit(0, -1).status, 400);
  EXPECT_EQ(commit(0, 1).status, 200);
}

TEST_F(consume_test, the_same_poll_again_gives_the_same_messages) {
  cluster.append(0, {"a0", "a1", "a2"});
  EXPECT_EQ(manager.read(id, {{"poll", 5}, {"max", 2}}), "a0 a1");
  EXPECT_EQ(manager.read(id, {{"poll", 5}}), "a0 a1");
  expect_committed({{0, 0}, {1, 0}});
  EXPECT_EQ(manager.read(id, {{"poll", 6}}), "a2");
  expect_committed({{0, 2}, {1, 0}});
  EXPECT_EQ(manager.read(id, {{"poll", 5}}), "POLL_TOO_OLD");
}

TEST_F(consume_test, an_answer_that_nobody_took_counts_as_not_delivered) {
  manager.consume_and_hang_up(id);
  cluster.append(0, {"a0", "a1", "a2"});
  EXPECT_EQ(manager.read(id, {{"max", 3}}), "a0 a1 a2");
}

TEST_F(consume_test, what_retention_removed_is_skipped_and_counted) {
  cluster.append(0, {"a0", "a1", "a2"});
  cluster.set_log_start(0, 2);
  const reply got = manager.consume(id);
  EXPECT_EQ(got.body["message"], "a2");
  EXPECT_EQ(got.body["skipped"], 2);
}

TEST_F(consume_test, a_leader_change_is_a_pause_and_not_an_empty_answer) {
  cluster.append(0, {"a0"});
  cluster.set_leaderless(0, true);
  cluster.later([&] { cluster.set_leaderless(0, false); });
  EXPECT_EQ(manager.read(id), "a0");
}

TEST_F(consume_test, a_partition_without_leader_does_not_hold_up_the_others) {
  cluster.append(1, {"b0", "b1"});
  cluster.set_leaderless(0, true);
  EXPECT_EQ(manager.read(id), "b0");
  EXPECT_EQ(manager.read(id), "b1");
  const auto began = std::chrono::steady_clock::now();
  const reply got = manager.consume(id);
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::milliseconds(3'500))
      << "its wait_ms and a little more, not the time of a request that changes something";
  EXPECT_EQ(got.status, 503);
  EXPECT_EQ(got.body["code"], "NOT_ENOUGH_REPLICAS");
  EXPECT_TRUE(got.body.contains("retry_after_ms"));
  EXPECT_EQ(got.body["outcome"], "definite");
  EXPECT_EQ(got.body["retriable"], true);
  EXPECT_FALSE(got.headers.get("Retry-After").empty());
}

TEST_F(consume_test, seek_moves_and_commits) {
  cluster.append(0, {"a0", "a1", "a2"});
  cluster.append(1, {"b0"});
  const auto seek = [&](json to) {
    to["consumer_id"] = id;
    return manager.call("POST", "/consumer/seek", to).status;
  };
  EXPECT_EQ(seek({{"to", "latest"}}), 200);
  EXPECT_EQ(committed(), (position_map{{0, 3}, {1, 1}}));
  EXPECT_EQ(manager.read(id), "");
  EXPECT_EQ(seek({{"to", "earliest"}}), 200);
  EXPECT_EQ(manager.read(id, {{"max", 9}}), "a0 b0 a1 a2");
  EXPECT_EQ(seek({{"timestamp", 1001}}), 200);
  EXPECT_EQ(manager.read(id, {{"max", 9}}), "a1 a2");
  EXPECT_EQ(seek({{"positions", {{{"partition", 0}, {"offset", 2}}}}}), 200);
  EXPECT_EQ(manager.read(id, {{"max", 9}}), "a2");
  EXPECT_EQ(seek({{"positions", {{{"partition", 0}, {"offset", 4}}}}}), 422);
  EXPECT_EQ(seek({{"to", "latest"}, {"timestamp", 1}}), 400);
  EXPECT_EQ(seek({{"to", "middle"}}), 400);
}

TEST_F(consume_test, size_counts_from_the_reading_position_and_lag_from_the_committed_one) {
  cluster.append(0, {"a0", "a1", "a2"});
  cluster.append(1, {"b0"});
  EXPECT_EQ(manager.read(id, {{"max", 2}}), "a0 b0");
  EXPECT_EQ(manager.call("GET", "/size?topic=orders&consumer_id=" + id).body["size"], 2);
  const json got = manager.call("GET", "/consumer/" + id).body["consumer"];
  EXPECT_EQ(got["topic"], "orders");
  EXPECT_TRUE(got["group"].is_null());
  EXPECT_EQ(got["positions"][0]["offset"], 0);
  EXPECT_EQ(got["positions"][0]["lag"], 3);
  EXPECT_EQ(got["positions"][1]["lag"], 1);
  EXPECT_GT(got["last_seen_ms"], 1'600'000'000'000);
}

TEST_F(consume_test, wrong_input_is_named) {
  EXPECT_EQ(manager.consume(id, {{"max", 0}}).status, 400);
  EXPECT_EQ(manager.consume(id, {{"max", 10'001}}).body["pointer"], "/max");
  EXPECT_EQ(manager.consume(id, {{"wait_ms", -1}}).status, 400);
  EXPECT_EQ(manager.consume(id, {{"commit", "later"}}).body["pointer"], "/commit");
  EXPECT_EQ(manager.consume(id, {{"maks", 1}}).status, 400);
  EXPECT_EQ(manager.consume(id, {{"x_note", 1}}).status, 200);
  EXPECT_EQ(manager.consume("c-1.nonsense").body["code"], "CONSUMER_NOT_FOUND");
  EXPECT_EQ(manager.consume(manager.consumer_id(99)).body["code"], "CONSUMER_NOT_FOUND")
      << "never registered";
  const json other = {{"topic", "others"}, {"consumer_id", id}};
  EXPECT_EQ(manager.call("POST", "/consumer/consume", other).body["code"], "CONSUMER_NOT_REGISTERED");
  const json group = {{"topic", "orders"}, {"group", "g"}};
  EXPECT_EQ(manager.call("POST", "/consumer/register", group).status, 501);
  const json internal = {{"topic", "__consumer_offsets"}};
  EXPECT_EQ(manager.call("POST", "/consumer/register", internal).body["code"], "TOPIC_NOT_FOUND");
}

TEST_F(consume_test, internal_routes_are_for_the_cluster_only) {
  EXPECT_EQ(manager.call("POST", "/internal/undelivered?consumer_id=x&attempt=y").status, 403);
  EXPECT_EQ(manager.call("POST", "/internal/release?consumer_id=x").status, 403);
  EXPECT_EQ(manager.call("GET", "/internal/managers").status, 403);
}

TEST_F(consume_test, without_postgresql_consuming_goes_on_and_registering_says_why_not) {
  cluster.append(0, {"a0"});
  EXPECT_EQ(manager.read(id), "a0");
  const reply unknown = manager.call("POST", "/consumer/register", {{"topic", "new"}});
  EXPECT_EQ(unknown.status, 503);
  EXPECT_EQ(unknown.body["code"], "METADATA_UNAVAILABLE");
  EXPECT_EQ(manager.call("POST", "/consumer/register", {{"topic", "orders"}}).body["code"],
            "METADATA_UNAVAILABLE");
  EXPECT_EQ(manager.consume(manager.consumer_id(5, uuid{{77}})).body["code"], "METADATA_UNAVAILABLE")
      << "of a younger topic of that name, perhaps";
  EXPECT_EQ(manager.call("DELETE", "/consumer/" + id).body["code"], "METADATA_UNAVAILABLE");
}

}  // namespace
}  // namespace marquee::read_manager
