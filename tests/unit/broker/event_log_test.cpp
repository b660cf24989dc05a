#include "broker/event_log.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <vector>

#include "broker_node_fixture.h"
#include "tests/unit/net/raw_client.h"

namespace marquee::broker {
namespace {

using net::testing::raw_client;

const uuid orders = *uuid::parse("bbbbbbbb-0000-4000-8000-000000000002");

class event_log_test : public ::testing::Test {
 protected:
  event_log_test() {
    log.begin(broker_id(4), boot_count(1));
    start = log.newest();
  }
  void publish(std::string_view name, int partition = 0) {
    log.publish({.name = name, .group = group_id{orders, partition_id(partition)}, .term = term_number(7)});
  }
  std::vector<std::string> names(const event_log::page& page) {
    std::vector<std::string> found;
    for (const told_event& each : page.events) found.push_back(each.name);
    return found;
  }
  using list = std::vector<std::string>;

  system_clock time;
  event_log log{time, [](const uuid&) { return std::string("orders"); }, 3};
  std::uint64_t start = 0;
};

TEST_F(event_log_test, tells_what_came_after_a_position) {
  publish("a");
  publish("b");
  const auto page = log.after(start, {}, 10);
  EXPECT_EQ(names(page), (list{"a", "b"}));
  EXPECT_EQ(page.missed, 0U);
  EXPECT_TRUE(log.after(page.position, {}, 10).events.empty());
}

TEST_F(event_log_test, says_how_many_are_no_longer_kept) {
  for (int i = 0; i < 5; ++i) publish("e" + std::to_string(i));
  const auto page = log.after(start, {}, 10);
  EXPECT_EQ(page.missed, 2U);
  EXPECT_EQ(names(page), (list{"e2", "e3", "e4"}));
}

TEST_F(event_log_test, goes_on_after_a_full_page) {
  for (const char* each : {"a", "b", "c"}) publish(each);
  const auto first = log.after(start, {}, 2);
  EXPECT_EQ(names(first), (list{"a", "b"}));
  EXPECT_EQ(names(log.after(first.position, {}, 2)), (list{"c"}));
}

TEST_F(event_log_test, filters_by_topic_and_partition_but_not_what_concerns_all) {
  publish("a", 0);
  publish("b", 1);
  log.publish({.name = "peer_lost", .other = broker_id(2)});
  EXPECT_EQ(names(log.after(start, {"orders", 1}, 10)), (list{"b", "peer_lost"}));
  EXPECT_EQ(names(log.after(start, {to_string(orders), 0}, 10)), (list{"a", "peer_lost"}));
  EXPECT_EQ(names(log.after(start, {"other", std::nullopt}, 10)), (list{"peer_lost"}));
}

TEST_F(event_log_test, notices_a_position_of_another_life) {
  publish("a");
  const std::uint64_t before = log.newest();
  log.begin(broker_id(4), boot_count(2));
  EXPECT_GT(log.newest(), before) << "ids grow over restarts";
  EXPECT_GT(log.after(before + (std::uint64_t{9} << 32), {}, 10).missed, 0U);
}

TEST_F(event_log_test, names_everything_in_its_json) {
  log.publish({.name = "vote_refused",
               .group = group_id{orders, partition_id(3)},
               .term = term_number(7),
               .other = broker_id(2),
               .pre_vote = true,
               .why = "the leader is alive"});
  const auto json = nlohmann::json::parse(log.after(start, {}, 1).events.at(0).json);
  EXPECT_EQ(json["topic"], "orders");
  EXPECT_EQ(json["partition"], 3);
  EXPECT_EQ(json["broker_id"], 4);
  EXPECT_EQ(json["term"], 7);
  EXPECT_EQ(json["other"], 2);
  EXPECT_EQ(json["pre_vote"], true);
  EXPECT_EQ(json["why"], "the leader is alive");
  EXPECT_EQ(json["id"], start + 1);
  EXPECT_GT(json["at_ms"], 0);
}

TEST_F(event_log_test, has_places_for_so_many_subscribers_only) {
  std::vector<std::shared_ptr<void>> places;
  for (int i = 0; i < event_log::subscribers_most; ++i) places.push_back(log.subscribe());
  EXPECT_NE(places.back(), nullptr);
  EXPECT_EQ(log.subscribe(), nullptr);
  places.pop_back();
  EXPECT_NE(log.subscribe(), nullptr);
}

class events_route : public broker_node_fixture {};

TEST_F(events_route, streams_elections_to_whoever_asks) {
  raw_client client(node->http_port());
  client.send("GET /events?topic=orders&partition=1&last_event_id=0 HTTP/1.1\r\nHost: t\r\n\r\n");
  const std::string text = client.read_until("leader_elected\ndata: ");
  EXPECT_NE(text.find("Content-Type: text/event-stream"), std::string::npos) << text;
  EXPECT_NE(text.find("event: election_started"), std::string::npos) << text;
  EXPECT_EQ(text.find("\"partition\":0"), std::string::npos) << "filtered";
}

TEST_F(events_route, ends_when_the_broker_stops) {
  raw_client client(node->http_port());
  client.send("GET /events HTTP/1.1\r\nHost: t\r\n\r\n");
  client.read_until("retry: ");
  node->stop();
  EXPECT_TRUE(client.read_all().ends_with("\r\n0\r\n\r\n"));
}

TEST_F(events_route, refuses_what_it_does_not_understand_and_too_many) {
  EXPECT_EQ(http("GET", "/events?last_event_id=x", "", false).status, 400);
  EXPECT_EQ(http("GET", "/events?partition=-1", "", false).status, 400);
  EXPECT_EQ(http("GET", "/events?what=1", "", false).status, 400);
  std::vector<std::unique_ptr<raw_client>> all;
  for (int i = 0; i < event_log::subscribers_most; ++i) {
    all.push_back(std::make_unique<raw_client>(node->http_port()));
    all.back()->send("GET /events HTTP/1.1\r\nHost: t\r\n\r\n");
    all.back()->read_until("retry: ");
  }
  EXPECT_EQ(http("GET", "/events", "", false).status, 503);
}

}  // namespace
}  // namespace marquee::broker
