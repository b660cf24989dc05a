#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "broker_node_fixture.h"

namespace marquee::broker {
namespace {

using nlohmann::json;

/// The only voter of its partitions.
class raft_admin : public broker_node_fixture {
 protected:
  json ask(const std::string& method, const std::string& target, const json& body, int status) {
    const auto response = http(method, target, body.is_null() ? "" : body.dump(), true);
    EXPECT_EQ(response.status, status) << response.body;
    return json::parse(response.body, nullptr, false);
  }
  json post(const std::string& what, json body, int status) {
    body["topic"] = body.value("topic", "orders");
    body["partition"] = body.value("partition", 1);
    return ask("POST", "/internal/raft/" + what, body, status);
  }
};

TEST_F(raft_admin, is_closed_to_who_does_not_prove_the_secret) {
  EXPECT_EQ(http("GET", "/internal/raft?topic=orders&partition=1", "", false).status, 403);
  for (const char* each : {"transfer", "timeout", "store", "retrieve"})
    EXPECT_EQ(http("POST", std::string("/internal/raft/") + each, "{}", false).status, 403);
}

TEST_F(raft_admin, tells_how_a_replica_stands) {
  const json told = ask("GET", "/internal/raft?topic=orders&partition=1", nullptr, 200);
  EXPECT_EQ(told["role"], "leader");
  EXPECT_EQ(told["leader"], 1);
  EXPECT_EQ(told["topic"], "orders");
  EXPECT_EQ(told["voters"], json::parse(R"([{"broker_id":1,"incarnation":7}])"));
  EXPECT_GE(told["term"], 1);
  EXPECT_EQ(told["commit_index"], told["last_index"]);
  EXPECT_EQ(told["fenced"], nullptr);
  EXPECT_EQ(told["in_doubt"], false);
}

TEST_F(raft_admin, tells_of_all_replicas_when_none_is_named) {
  const json told = ask("GET", "/internal/raft", nullptr, 200);
  EXPECT_EQ(told["broker_id"], 1);
  EXPECT_EQ(told["replicas"].size(), 4U);
  EXPECT_EQ(told["connected_peers"], json::array());
}

TEST_F(raft_admin, takes_a_topic_by_id_too) {
  const json told =
      ask("GET", "/internal/raft?topic=bbbbbbbb-0000-4000-8000-000000000002&partition=0", nullptr, 200);
  EXPECT_EQ(told["topic"], "orders");
}

TEST_F(raft_admin, names_what_it_has_not_and_what_is_wrong) {
  EXPECT_EQ(ask("GET", "/internal/raft?topic=nope&partition=0", nullptr, 404)["code"], "NO_REPLICA");
  EXPECT_EQ(ask("GET", "/internal/raft?topic=orders&partition=9", nullptr, 404)["code"], "NO_REPLICA");
  EXPECT_EQ(ask("GET", "/internal/raft?topic=orders", nullptr, 400)["code"], "BAD_REQUEST");
  EXPECT_EQ(post("transfer", {{"target", 0}}, 400)["pointer"], "/target");
  EXPECT_EQ(post("timeout", {{"what", 1}}, 400)["code"], "BAD_REQUEST");
  EXPECT_EQ(post("store", {{"value", 5}}, 400)["pointer"], "/value");
}

TEST_F(raft_admin, hands_leadership_to_voters_only) {
  EXPECT_EQ(post("transfer", {{"target", 2}}, 422)["code"], "NOT_A_VOTER");
  EXPECT_EQ(post("transfer", {{"target", 1}}, 200)["status"], "success");
}

TEST_F(raft_admin, leader_does_not_campaign) {
  EXPECT_EQ(post("timeout", json::object(), 409)["code"], "REFUSED");
}

TEST_F(raft_admin, stores_a_record_and_reads_it_back) {
  EXPECT_EQ(post("store", {{"value", "first"}}, 200)["offset"], 0);
  EXPECT_EQ(post("store", {{"value", "second"}, {"key", "k"}}, 200)["offset"], 1);
  const json all = post("retrieve", json::object(), 200);
  EXPECT_EQ(all["high_watermark"], 2);
  EXPECT_EQ(all["role"], "leader");
  ASSERT_EQ(all["records"].size(), 2U);
  EXPECT_EQ(all["records"][0]["value"], "first");
  EXPECT_EQ(all["records"][0]["key"], nullptr);
  const json last = post("retrieve", {{"offset", 1}}, 200);
  ASSERT_EQ(last["records"].size(), 1U);
  EXPECT_EQ(last["records"][0]["key"], "k");
  EXPECT_EQ(last["records"][0]["offset"], 1);
  EXPECT_EQ(post("retrieve", {{"count", 1}}, 200)["records"].size(), 1U);
  EXPECT_EQ(post("retrieve", {{"offset", 7}}, 200)["records"].size(), 0U);
}

TEST_F(raft_admin, does_not_store_in_topics_of_the_cluster_itself) {
  const json refused = post("store", {{"topic", "__consumer_offsets"}, {"value", "x"}}, 422);
  EXPECT_EQ(refused["code"], "REFUSED");
}

}  // namespace
}  // namespace marquee::broker
