// Managers that say nothing, or only late: what is taken back from them, who is told, and when it ends.
#include <gmock/gmock.h>

#include <fstream>
#include <mutex>
#include <thread>

#include "net/api_error.h"
#include "tests/unit/load_balancer/load_balancer_fixture.h"

namespace marquee::load_balancer {
namespace {

using net::http_exchange;
using net::http_response;
using net::task;
using testing::answer;
using testing::fake_manager;
using testing::load_balancer_test;

class silent_managers : public load_balancer_test {};

/// What a manager was told of silent ones.
struct silence_log {
  std::mutex mutex;
  std::vector<std::string> told;  ///< path, list and whether it is signed
  net::http_handler handler() {
    return [this](http_exchange& exchange) -> task<http_response> {
      const std::lock_guard lock(mutex);
      told.push_back(exchange.request.path + " " +
                     std::string(exchange.request.headers.get("X-Marquee-Silent-Managers")) +
                     (exchange.request.headers.has(net::cluster_proof_header) ? " signed" : ""));
      co_return net::json_response("\"alive\"");
    };
  }
};

TEST_F(silent_managers, managers_are_told_which_of_them_is_silent) {
  options.health_timeout_ms = 50;
  const std::string secret_file = ::testing::TempDir() + "/lost_answers_secret";
  std::ofstream(secret_file) << "a secret of tests, long enough";
  options.process.secret_file = secret_file;
  silence_log log;
  fake_manager hanging([](http_exchange& exchange) -> task<http_response> {
    net::notifier never;
    (void)co_await never.wait(0, net::deadline::in_ms(30'000), exchange.client_gone_token());
    co_return net::json_response("{}");
  });
  fake_manager alive(log.handler());
  start({}, {hanging.address(), alive.address()});
  settle({&hanging, &alive});
  std::thread silence([&] {
    EXPECT_TRUE(eventually([&] { return hanging.requests >= 1; }));
    hanging.is_silent = true;
  });
  int asked = 0;
  for (; hanging.requests == 0 && asked < 64; ++asked)
    EXPECT_EQ(
        post("/consumer/consume", R"({"poll":1,"consumer_id":"c-)" + std::to_string(asked) + "\"}").body,
        "\"alive\"");
  silence.join();
  EXPECT_EQ(post("/consumer/commit", R"({"consumer_id":"c-1"})").body, "\"alive\"") << "at once";
  EXPECT_EQ(hanging.requests, 1);
  const std::lock_guard lock(log.mutex);
  ASSERT_EQ(std::ssize(log.told), asked + 1);
  const std::string list = " " + hanging.address() + " signed";
  EXPECT_EQ(log.told[static_cast<std::size_t>(asked) - 1], "/consumer/consume" + list)
      << "the one sent again";
  EXPECT_EQ(log.told[static_cast<std::size_t>(asked)], "/consumer/commit" + list);
  if (asked > 1) EXPECT_EQ(log.told[0], "/consumer/consume ");
}

TEST_F(silent_managers, takes_a_request_back_once_because_it_may_be_what_takes_so_long) {
  options.health_timeout_ms = 50;
  std::atomic<bool> open = false;
  const auto handler = [&](http_exchange& exchange) -> task<http_response> {
    net::notifier never;
    while (!open && !exchange.client_gone())
      (void)co_await never.wait(0, net::deadline::in_ms(10), exchange.client_gone_token());
    co_return net::json_response("\"done\"");
  };
  fake_manager one(handler);
  fake_manager two(handler);
  start({}, {one.address(), two.address()});
  settle({&one, &two});
  std::thread stalls([&] {
    EXPECT_TRUE(eventually([&] { return one.requests + two.requests == 1; }));
    fake_manager& first = one.requests == 1 ? one : two;
    fake_manager& second = one.requests == 1 ? two : one;
    first.is_silent = true;
    EXPECT_TRUE(eventually([&] { return second.requests == 1; }));
    first.is_silent = false;
    const int healthy = first.probes + 3;
    EXPECT_TRUE(eventually([&] { return first.probes >= healthy; }));
    second.is_silent = true;
    const int silent = second.probes + 3;
    EXPECT_TRUE(eventually([&] { return second.probes >= silent; }));
    open = true;
  });
  EXPECT_EQ(get("/consumer/consume?consumer_id=c&topic=t&poll=1").body, "\"done\"");
  stalls.join();
  EXPECT_EQ(one.requests + two.requests, 2);
}

TEST_F(silent_managers, gives_a_consume_its_wait_and_a_little_more_and_tells_why_it_failed) {
  options.consume_timeout_ms = 700;
  std::mutex mutex;
  std::vector<std::int64_t> given_ms;
  fake_manager reader([&](http_exchange& exchange) -> task<http_response> {
    {
      const std::lock_guard lock(mutex);
      given_ms.push_back(exchange.request_deadline.remaining_ms());
    }
    net::notifier never;
    (void)co_await never.wait(0, exchange.request_deadline, exchange.client_gone_token());
    co_return net::to_response(net::unavailable("fake", "NOT_ENOUGH_REPLICAS", "no leader"));
  });
  start({}, {reader.address()});
  const answer got = get("/consumer/consume?consumer_id=c&topic=t");
  EXPECT_EQ(got.status, 503);
  EXPECT_EQ(got.json()["code"], "NOT_ENOUGH_REPLICAS");
  EXPECT_TRUE(got.json().contains("retry_after_ms"));
  EXPECT_EQ(get("/consumer/consume?consumer_id=c&topic=t&wait_ms=400").status, 503);
  const std::lock_guard lock(mutex);
  ASSERT_EQ(given_ms.size(), 2U) << "what is left is too little for another manager";
  EXPECT_LE(given_ms[0], 450);
  EXPECT_GT(given_ms[1], 450);
  EXPECT_LE(given_ms[1], 850);
}

}  // namespace
}  // namespace marquee::load_balancer
