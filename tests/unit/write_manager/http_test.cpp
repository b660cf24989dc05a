#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "net/event_loop.h"
#include "net/http_client.h"
#include "tests/unit/db/private_postgres.h"
#include "write_manager/write_manager.h"

namespace marquee::write_manager {
namespace {

using nlohmann::json;

constexpr std::int64_t patience_ms = 20'000;

struct answer {
  int status = 0;
  json body{};
  std::string metadata_version{};
};

/// A write manager with a real PostgreSQL, and brokers that register and then never answer.
class write_manager_http : public ::testing::Test {
 protected:
  explicit write_manager_http(db::private_postgres& postgres = db::shared_postgres())
      : options_(options_for(postgres.new_database())), manager_(std::move(*write_manager::make(options_))) {
    EXPECT_TRUE(manager_->start().has_value());
    wait_for("GET", "/ready", [](const answer& told) { return told.status == 200; });
  }
  ~write_manager_http() override { manager_->stop(); }

  static write_manager_options options_for(const std::string& url) {
    write_manager_options options;
    options.process.name = "wm-test";
    options.process.log_level = "error";
    options.postgres_url = url;
    options.postgres_timeout_ms = 1'000;
    options.request_timeout_ms = 400;
    options.create_wait_ms = 50;
    return options;
  }

  answer ask(const std::string& method, const std::string& target, const std::string& body = "") {
    answer told;
    client_loop_.spawn_and_wait([&]() -> net::task<void> {
      net::http_request request;
      request.method = method;
      request.target = target;
      request.body = body;
      const net::http_outcome outcome = co_await client_.send(
          {"127.0.0.1", manager_->http_port()}, std::move(request), {.cancel = {}, .on_interim = {}});
      if (!outcome.response) co_return;
      told.status = outcome.response->status;
      told.body = json::parse(outcome.response->body, nullptr, false);
      told.metadata_version = outcome.response->headers.get("X-Metadata-Version");
    });
    return told;
  }
  answer post(const std::string& target, const json& body) { return ask("POST", target, body.dump()); }

  template <class Check>
  answer wait_for(const std::string& method, const std::string& target, Check check,
                  const std::string& body = "") {
    for (const net::deadline end = net::deadline::in_ms(patience_ms); !end.passed();)
      if (answer told = ask(method, target, body); check(told)) return told;
    ADD_FAILURE() << method << " " << target << " never answered as expected";
    return {};
  }

  answer register_broker(int port, const json& more = json::object()) {
    json body{
        {"host", "127.0.0.1"}, {"kafka_port", port}, {"raft_port", 1}, {"incarnation", port}, {"boot", 1}};
    body.update(more);
    return post("/broker", body);
  }

  write_manager_options options_;
  net::event_loop client_loop_{"client"};
  net::http_client client_{client_loop_};
  std::unique_ptr<write_manager> manager_;
};

TEST_F(write_manager_http, broker_registers_once_and_then_sends_heartbeats) {
  const answer first = register_broker(2);
  EXPECT_EQ(first.status, 201);
  EXPECT_EQ(first.body["broker_id"], 1);
  const answer again = register_broker(2, {{"broker_id", 1}, {"cluster_id", first.body["cluster_id"]}});
  EXPECT_EQ(again.status, 200);
  EXPECT_EQ(again.body["broker_id"], 1);
  const answer foreign = register_broker(2, {{"cluster_id", "11111111-1111-4111-8111-111111111111"}});
  EXPECT_EQ(foreign.status, 409);
  EXPECT_EQ(foreign.body["code"], "WRONG_CLUSTER");
  EXPECT_EQ(register_broker(2, {{"broker_id", 1}, {"boot", 5}}).status, 200);
  EXPECT_EQ(register_broker(2, {{"broker_id", 1}, {"boot", 4}}).status, 409);
  EXPECT_EQ(register_broker(2, {{"broker_id", 1}, {"boot", 5}, {"process", 7}}).status, 200);
  const json copy{{"broker_id", 1}, {"boot", 5}, {"process", 8}, {"kafka_port", 3}};
  const answer second = register_broker(2, copy);
  EXPECT_EQ(second.status, 409);
  EXPECT_EQ(second.body["code"], "BROKER_RUNS_TWICE");
  const answer brokers = ask("GET", "/brokers");
  ASSERT_EQ(brokers.body["brokers"].size(), 1U);
  EXPECT_EQ(brokers.body["brokers"][0]["state"], "alive");
}

TEST_F(write_manager_http, topic_without_leaders_is_pending_and_lives_until_it_is_deleted) {
  for (int port : {2, 3, 4}) EXPECT_EQ(register_broker(port).status, 201);
  const answer made =
      post("/topics", {{"name", "orders"}, {"partitions", 2}, {"config", {{"retention.ms", 5000}}}});
  EXPECT_EQ(made.status, 201) << made.body;
  EXPECT_EQ(made.body["pending"], true);
  EXPECT_FALSE(made.metadata_version.empty());
  EXPECT_EQ(made.body["topic"]["partitions"].size(), 2U);
  EXPECT_EQ(made.body["topic"]["partitions"][0]["replicas"].size(), 3U);
  EXPECT_TRUE(made.body["topic"]["partitions"][0]["high_watermark"].is_null());
  EXPECT_EQ(made.body["topic"]["config"]["retention.ms"], 5000);

  EXPECT_EQ(post("/topics", {{"name", "orders"}}).body["code"], "TOPIC_EXISTS");
  EXPECT_EQ(ask("GET", "/topics").body["topics"], json::array({"orders"}));
  EXPECT_EQ(ask("PATCH", "/topics/orders", R"({"config":{"durability":"relaxed"}})")
                .body["topic"]["config"]["durability"],
            "relaxed");
  EXPECT_EQ(post("/topics/orders/partitions", {{"count", 1}}).body["code"], "CANNOT_SHRINK");
  EXPECT_EQ(post("/topics/orders/partitions", {{"count", 8}}).status, 501);
  EXPECT_EQ(ask("DELETE", "/topics/orders").status, 200);
  EXPECT_EQ(ask("DELETE", "/topics/orders").status, 404);
  EXPECT_EQ(ask("GET", "/topics/orders").body["code"], "TOPIC_NOT_FOUND");
}

TEST_F(write_manager_http, topic_creation_says_what_is_wrong) {
  EXPECT_EQ(post("/topics", {{"name", "orders"}}).body["code"], "NOT_ENOUGH_BROKERS");
  EXPECT_EQ(post("/topics", {{"name", "a b"}}).body["code"], "INVALID_TOPIC");
  EXPECT_EQ(post("/topics", {{"name", "__mine"}}).body["code"], "INVALID_TOPIC");
  EXPECT_EQ(post("/topics", {{"name", "a"}, {"config", {{"retention", 1}}}}).body["code"], "INVALID_CONFIG");
  EXPECT_EQ(post("/topics", {{"name", "a"}, {"partition", 1}}).body["pointer"], "/partition");
  EXPECT_EQ(post("/topics", {{"name", "a"}, {"partitions", 0}}).status, 400);
  EXPECT_EQ(ask("PUT", "/topics").status, 405);
  EXPECT_EQ(ask("GET", "/nothing").status, 404);
  const answer wrong = ask("POST", "/topics", "{");
  EXPECT_EQ(wrong.body["code"], "BAD_REQUEST");
  EXPECT_EQ(wrong.body["component"], "write_manager/wm-test");
}

TEST_F(write_manager_http, producer_is_registered_with_a_new_topic_and_removed) {
  EXPECT_EQ(register_broker(2).status, 201);
  const answer made = post("/producer/register", {{"topic", "clicks"}});
  ASSERT_EQ(made.status, 201) << made.body;
  const std::string id = made.body["producer_id"];
  EXPECT_EQ(ask("GET", "/topics").body["topics"], json::array({"clicks"}));
  EXPECT_EQ(ask("GET", "/topics/clicks").body["topic"]["config"]["partition.max.messages"], 1'000'000);
  EXPECT_EQ(post("/producer/register", {{"topic", "__x"}}).body["code"], "INVALID_TOPIC");
  EXPECT_EQ(ask("DELETE", "/producer/" + id).status, 200);
  EXPECT_EQ(ask("DELETE", "/producer/" + id).body["already"], true);
  EXPECT_EQ(ask("DELETE", "/producer/p-1").status, 404);
  EXPECT_EQ(
      post("/producer/produce", {{"topic", "clicks"}, {"producer_id", id}, {"message", "x"}}).body["code"],
      "PRODUCER_NOT_FOUND");
}

TEST_F(write_manager_http, produce_checks_topic_and_producer_before_any_broker) {
  EXPECT_EQ(register_broker(2).status, 201);
  const std::string clicks = post("/producer/register", {{"topic", "clicks"}}).body["producer_id"];
  const std::string views = post("/producer/register", {{"topic", "views"}}).body["producer_id"];
  const auto produce = [&](const std::string& topic, const std::string& producer) {
    return post("/producer/produce", {{"topic", topic}, {"producer_id", producer}, {"message", "x"}});
  };
  EXPECT_EQ(produce("none", clicks).body["code"], "TOPIC_NOT_FOUND");
  EXPECT_EQ(produce("clicks", "p-forged").body["code"], "PRODUCER_NOT_FOUND");
  EXPECT_EQ(produce("clicks", views).body["code"], "PRODUCER_NOT_REGISTERED");
  EXPECT_EQ(produce("__consumer_offsets", clicks).status, 422);
  const answer nobody = produce("clicks", clicks);
  EXPECT_EQ(nobody.status, 503);
  EXPECT_EQ(nobody.body["code"], "NOT_ENOUGH_REPLICAS");
  EXPECT_EQ(nobody.body["outcome"], "definite");
  EXPECT_EQ(post("/producer/produce",
                 {{"topic", "clicks"}, {"producer_id", clicks}, {"message", "x"}, {"partition", 7}})
                .body["code"],
            "INVALID_PARTITION");
}

TEST_F(write_manager_http, cluster_shows_who_is_there) {
  EXPECT_EQ(register_broker(2).status, 201);
  const answer cluster = wait_for("GET", "/cluster", [](const answer& told) {
    return told.status == 200 && told.body["processes"].size() == 2 && told.body["controller"] == "wm-test";
  });
  EXPECT_EQ(cluster.body["processes"][0]["role"], "write_manager");
  EXPECT_EQ(cluster.body["processes"][1]["broker_id"], 1);
  EXPECT_EQ(ask("GET", "/internal/managers").status, 403);
  EXPECT_EQ(ask("POST", "/internal/producer-ids", R"({"count":10})").status, 403);
}

TEST_F(write_manager_http, cluster_shows_whose_disk_is_full) {
  const auto disk_is = [this](const json& wanted) {
    wait_for("GET", "/cluster", [&wanted](const answer& told) {
      return told.status == 200 && told.body["processes"].size() == 2 &&
             told.body["processes"][1]["disk"] == wanted;
    });
  };
  EXPECT_EQ(register_broker(2).status, 201);
  disk_is("ok");
  EXPECT_EQ(register_broker(2, {{"broker_id", 1}, {"disk", "full"}}).status, 200);
  disk_is("full");
  EXPECT_EQ(register_broker(2, {{"broker_id", 1}, {"disk", "brimming"}}).body["pointer"], "/disk");
}

TEST_F(write_manager_http, broker_that_never_came_is_removed_and_one_that_runs_is_not) {
  EXPECT_EQ(register_broker(2).status, 201);
  EXPECT_EQ(register_broker(3, {{"incarnation", 0}}).body["broker_id"], 2);
  EXPECT_EQ(ask("DELETE", "/broker/1").body["code"], "BROKER_ALIVE");
  const answer removed = ask("DELETE", "/broker/2");
  EXPECT_EQ(removed.status, 202);
  EXPECT_EQ(removed.body["broker_id"], 2);
  EXPECT_EQ(ask("DELETE", "/broker/2").status, 404);
  EXPECT_EQ(ask("DELETE", "/broker/99999999999").body["code"], "BROKER_NOT_FOUND");
  EXPECT_EQ(ask("GET", "/brokers").body["brokers"].size(), 1U);
  EXPECT_EQ(register_broker(3, {{"incarnation", 0}}).status, 201) << "it may be announced again";
}

/// Its own server, because it is stopped.
class write_manager_without_postgres : public write_manager_http {
 protected:
  write_manager_without_postgres() : write_manager_http(server()) {}
  static db::private_postgres& server() {
    static db::private_postgres own;
    return own;
  }
};

TEST_F(write_manager_without_postgres, known_things_go_on_and_new_ones_wait) {
  EXPECT_EQ(register_broker(2).status, 201);
  const std::string id = post("/producer/register", {{"topic", "clicks"}}).body["producer_id"];
  server().stop();
  EXPECT_EQ(ask("GET", "/ready").status, 200);
  EXPECT_EQ(
      post("/producer/produce", {{"topic", "clicks"}, {"producer_id", id}, {"message", "x"}}).body["code"],
      "NOT_ENOUGH_REPLICAS");
  const answer unknown =
      post("/producer/produce", {{"topic", "none"}, {"producer_id", id}, {"message", "x"}});
  EXPECT_EQ(unknown.status, 503);
  EXPECT_EQ(unknown.body["code"], "METADATA_UNAVAILABLE");
  EXPECT_EQ(unknown.body["outcome"], "definite");
  EXPECT_EQ(post("/topics", {{"name", "new"}, {"replication_factor", 1}}).body["code"],
            "METADATA_UNAVAILABLE");
  EXPECT_EQ(register_broker(2, {{"broker_id", 1}}).status, 200);
  EXPECT_EQ(register_broker(2, {{"broker_id", 1}, {"boot", 9}}).status, 200);
  EXPECT_EQ(register_broker(3).body["code"], "METADATA_UNAVAILABLE");
  server().start();
  wait_for(
      "POST", "/topics", [](const answer& told) { return told.status == 201; },
      R"({"name":"new","replication_factor":1})");
}

}  // namespace
}  // namespace marquee::write_manager
