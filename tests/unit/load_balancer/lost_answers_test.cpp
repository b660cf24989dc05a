// Answers to consume that do not reach their client count as not delivered.
#include <gmock/gmock.h>

#include <algorithm>
#include <future>
#include <mutex>

#include "tests/unit/load_balancer/load_balancer_fixture.h"

namespace marquee::load_balancer {
namespace {

using net::http_exchange;
using net::http_response;
using net::task;
using net::testing::raw_client;
using testing::fake_manager;
using ::testing::HasSubstr;
using testing::load_balancer_test;
using testing::says;

class lost_answers : public load_balancer_test {};

/// A read manager that notes in which order it hears of attempts and of lost answers.
struct delivery_log {
  std::mutex mutex;
  std::vector<std::string> events;
  int answers = 0;

  net::http_handler handler(std::string body) {
    return [this, body](http_exchange& exchange) -> task<http_response> {
      const bool lost = exchange.request.path == "/internal/undelivered";
      const std::string* lost_attempt = exchange.request.query_value("attempt");
      const std::lock_guard lock(mutex);
      events.push_back(lost ? "lost " + (lost_attempt ? *lost_attempt : "?")
                            : "asked " + std::string(exchange.request.headers.get("X-Marquee-Attempt")));
      co_return net::json_response(lost ? "{}" : body);
    };
  }
  std::vector<std::string> seen() {
    const std::lock_guard lock(mutex);
    return events;
  }
};

TEST_F(lost_answers, are_told_to_a_manager_before_the_consumer_asks_again) {
  delivery_log log;
  fake_manager reader(log.handler("\"" + std::string(6'000'000, 'x') + "\""));
  start({}, {reader.address()});
  const std::string body = R"({"consumer_id":"c-1","topic":"t"})";
  const std::string request =
      "POST /consumer/consume HTTP/1.1\r\nHost: t\r\nContent-Length: " + std::to_string(body.size()) +
      "\r\n\r\n" + body;
  raw_client first(balancer->http_port());
  first.send(request);
  first.read_until("\r\n\r\n");  // in the middle of the answer
  auto second = std::async(std::launch::async, [&] { return post("/consumer/consume", body).status; });
  first.reset();
  EXPECT_EQ(second.get(), 200);
  const auto seen = log.seen();
  ASSERT_EQ(seen.size(), 3U);
  EXPECT_EQ(seen[0].substr(0, 6), "asked ");
  EXPECT_EQ(seen[0].size(), 6U + 16U);
  EXPECT_EQ(seen[1], "lost " + seen[0].substr(6));
  EXPECT_NE(seen[2], seen[0]) << "another name";
}

TEST_F(lost_answers, are_named_by_the_later_requests_of_the_same_consumer) {
  std::mutex mutex;
  std::vector<std::string> lost;
  fake_manager reader([&](http_exchange& exchange) -> task<http_response> {
    if (exchange.request.path == "/consumer/consume") {
      const std::lock_guard lock(mutex);
      lost.emplace_back(exchange.request.headers.get("X-Marquee-Lost-Attempts"));
      // The first one gets more than it will read.
      co_return net::json_response(lost.size() == 1 ? "\"" + std::string(6'000'000, 'x') + "\"" : "{}");
    }
    co_return net::json_response("{}");
  });
  start({}, {reader.address()});
  const std::string body = R"({"consumer_id":"c-1","topic":"t"})";
  raw_client first(balancer->http_port());
  first.send("POST /consumer/consume HTTP/1.1\r\nHost: t\r\nContent-Length: " + std::to_string(body.size()) +
             "\r\n\r\n" + body);
  first.read_until("\r\n\r\n");
  first.reset();
  EXPECT_EQ(post("/consumer/consume", body).status, 200);
  EXPECT_EQ(post("/consumer/consume", R"({"consumer_id":"c-2"})").status, 200);
  EXPECT_EQ(post("/consumer/consume", R"({"consumer_id":"c-1","poll":7})").status, 200);
  const std::lock_guard lock(mutex);
  ASSERT_EQ(lost.size(), 4U);
  EXPECT_EQ(lost[0], "");
  EXPECT_EQ(lost[1].size(), 16U);
  EXPECT_EQ(lost[2], "") << "another consumer's";
  EXPECT_EQ(lost[3], "") << "a numbered poll needs none";
}

TEST_F(lost_answers, are_told_to_another_manager_when_the_one_that_was_asked_is_gone) {
  delivery_log log;
  fake_manager alive(log.handler("{}"));
  const std::string hole = black_hole(true);
  start({}, {hole, alive.address()});
  int lost = 0;
  for (int i = 0; i < 20; ++i)
    if (post("/consumer/consume", R"({"consumer_id":"c-)" + std::to_string(i) + "\"}").status == 503) ++lost;
  EXPECT_GT(lost, 0) << "some of them were sent into the hole";
  EXPECT_TRUE(eventually([&] {
    return std::ranges::count_if(log.seen(), [](const auto& e) { return e.starts_with("lost "); }) == lost;
  }));
}

TEST_F(lost_answers, names_no_attempt_of_a_numbered_poll_and_lets_it_overtake) {
  delivery_log log;
  fake_manager reader(log.handler("{}"));
  start({}, {reader.address()});
  EXPECT_EQ(post("/consumer/consume", R"({"consumer_id":"c-1","poll":1})").status, 200);
  EXPECT_EQ(get("/consumer/consume?consumer_id=c-1&topic=t").status, 200);
  const auto seen = log.seen();
  ASSERT_EQ(seen.size(), 2U);
  EXPECT_EQ(seen[0], "asked ");
  EXPECT_EQ(seen[1].size(), 6U + 16U);
}

TEST_F(lost_answers, answers_a_client_that_has_finished_sending) {
  fake_manager reader(says("reader"));
  start({}, {reader.address()});
  raw_client client(balancer->http_port());
  client.send("GET /size HTTP/1.1\r\nHost: t\r\n\r\n");
  client.finish_sending();
  EXPECT_THAT(client.read_all(), HasSubstr("\"reader\""));
}

}  // namespace
}  // namespace marquee::load_balancer
