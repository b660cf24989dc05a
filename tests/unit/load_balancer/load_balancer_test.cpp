// The load balancer between real sockets and managers that do what each test wants.
#include <gmock/gmock.h>
#include <unistd.h>

#include <fstream>
#include <future>
#include <nlohmann/json.hpp>
#include <thread>

#include "load_balancer/load_balancer_process.h"
#include "net/stream.h"
#include "net/wake_point.h"
#include "tests/unit/load_balancer/load_balancer_fixture.h"

namespace marquee::load_balancer {
namespace {

using net::http_exchange;
using net::http_response;
using net::task;
using net::testing::raw_client;
using testing::answer;
using testing::fake_manager;
using ::testing::HasSubstr;
using testing::load_balancer_test;
using ::testing::MatchesRegex;
using ::testing::Not;
using testing::says;

task<http_response> echo(http_exchange& exchange) {
  http_response response =
      net::json_response(R"({"target":)" + std::string("\"") + exchange.request.target + "\"}");
  std::string seen;
  for (const auto& [name, value] : exchange.request.headers) seen += name + "=" + value + ";";
  response.headers.add("Location", seen);  // one of the fields that are passed on
  response.headers.add("X-Secret-Of-Manager", "1");
  response.headers.add("Server-Timing", "manager;dur=1.5");
  co_return response;
}

net::http_handler fails_with(std::string outcome) {
  return [outcome](http_exchange&) -> task<http_response> {
    co_return net::json_response(
        R"({"status":"failure","code":"BUSY","retriable":true,"component":"fake","outcome":")" + outcome +
            "\"}",
        503);
  };
}
TEST_F(load_balancer_test, routes_writes_and_reads_to_their_managers) {
  fake_manager writer(says("writer"));
  fake_manager reader(says("reader"));
  start({writer.address()}, {reader.address()});
  EXPECT_EQ(get("/topics").body, "\"writer\"");
  EXPECT_EQ(get("/cluster").body, "\"writer\"");
  EXPECT_EQ(post("/consumer/consume", R"({"consumer_id":"c"})").body, "\"reader\"");
  EXPECT_EQ(get("/size?topic=t&consumer_id=c").body, "\"reader\"");
}

TEST_F(load_balancer_test, refuses_writes_beyond_its_bound_and_says_when_to_come_again) {
  net::notifier release;
  fake_manager writer([&](http_exchange& exchange) -> task<http_response> {
    (void)co_await release.wait(0, net::deadline::in_ms(10'000), exchange.client_gone_token());
    co_return net::json_response("\"stored\"");
  });
  fake_manager reader(says("reader"));
  options.writes_most = 1;
  start({writer.address()}, {reader.address()});
  auto first = std::async(std::launch::async, [&] { return post("/producer/produce", "{}"); });
  EXPECT_TRUE(eventually([&] { return writer.requests == 1; }));
  const answer refused = post("/producer/produce", "{}");
  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(refused.json()["code"], "OVERLOADED");
  EXPECT_EQ(refused.json()["outcome"], "definite");
  EXPECT_GE(refused.json()["retry_after_ms"], 100);
  EXPECT_THAT(refused.head, HasSubstr("Retry-After: "));
  EXPECT_EQ(post("/consumer/consume", R"({"consumer_id":"c"})").body, "\"reader\"");
  release.wake_all();
  EXPECT_EQ(first.get().status, 200);
  EXPECT_EQ(writer.requests, 1);
  EXPECT_EQ(post("/producer/produce", "{}").status, 200);
}

TEST_F(load_balancer_test, serves_its_own_health_and_forwards_nothing_internal) {
  fake_manager writer(says("writer"));
  fake_manager reader(says("reader"));
  start({writer.address()}, {reader.address()});
  EXPECT_EQ(get("/health").status, 200);
  EXPECT_TRUE(eventually([&] { return get("/ready").status == 200; }));
  EXPECT_THAT(get("/metrics").body, HasSubstr("marquee_load_balancer_retries_total"));
  EXPECT_EQ(get("/internal/managers").status, 404);
  EXPECT_EQ(get("/nothing").status, 404);
  EXPECT_EQ(get("/nothing").json()["component"], "load_balancer/lb-1");
  reader.is_ready = false;
  EXPECT_TRUE(eventually([&] { return get("/ready").status == 503; }));
}

TEST_F(load_balancer_test, forwards_known_header_fields_only_and_passes_ids_and_timing_on) {
  fake_manager writer(echo);
  start({writer.address()}, {});
  const answer got = get("/topics/a%20b?x=%2F",
                         "X-Request-Id: r-1\r\nX-Evil: 1\r\nX-Marquee-Principal: root\r\nCookie: c\r\n");
  EXPECT_EQ(got.json()["target"], "/topics/a%20b?x=%2F");
  EXPECT_THAT(got.head, HasSubstr("X-Request-Id=r-1;"));
  EXPECT_THAT(got.head, HasSubstr("X-Request-Id: r-1\r\n"));
  EXPECT_THAT(got.head, HasSubstr("X-Deadline-Ms="));
  for (const char* not_forwarded : {"Evil", "Principal", "Cookie", "X-Secret-Of-Manager"})
    EXPECT_THAT(got.head, Not(HasSubstr(not_forwarded)));
  const answer produced = post("/producer/produce", "{}");
  EXPECT_THAT(produced.head,
              MatchesRegex("(.|\n|\r)*Server-Timing: lb;dur=[0-9.]+, manager;dur=1.5(.|\n|\r)*"));
}

TEST_F(load_balancer_test, tries_another_manager_when_one_refuses_the_connection) {
  fake_manager alive(says("alive"));
  fake_manager dead(says("dead"));
  dead.stop();
  start({dead.address(), alive.address()}, {});
  for (int i = 0; i < 4; ++i) EXPECT_EQ(post("/producer/produce", R"({"message":"m"})").body, "\"alive\"");
}

TEST_F(load_balancer_test, does_not_send_a_produce_without_sequence_twice) {
  start({black_hole(), black_hole()}, {});
  const answer got = post("/producer/produce", R"({"message":"m"})");
  EXPECT_EQ(got.status, 503);
  EXPECT_EQ(got.json()["outcome"], "unknown");
  EXPECT_EQ(got.json()["retriable"], true);
  EXPECT_EQ(got.json()["component"], "load_balancer/lb-1");
  EXPECT_THAT(got.head, HasSubstr("Retry-After: "));
  EXPECT_EQ(swallowed_produces, 1);
}

TEST_F(load_balancer_test, sends_a_produce_with_sequence_again) {
  start({black_hole(), black_hole()}, {});
  EXPECT_EQ(post("/producer/produce", R"({"message":"m","sequence":1})").status, 503);
  EXPECT_EQ(swallowed_produces, 3);
}

TEST_F(load_balancer_test, finds_the_manager_that_lives_for_what_may_happen_twice) {
  fake_manager alive(says("alive"));
  start({black_hole(), alive.address(), black_hole()}, {});
  for (int i = 0; i < 6; ++i) {
    EXPECT_EQ(post("/producer/produce", R"({"message":"m","sequence":1})").body, "\"alive\"");
    EXPECT_EQ(get("/topics").body, "\"alive\"");
  }
}

TEST_F(load_balancer_test, tries_another_manager_when_nothing_has_happened) {
  fake_manager busy(fails_with("definite"));
  fake_manager alive(says("alive"));
  start({busy.address(), alive.address()}, {});
  settle({&busy, &alive});
  for (int i = 0; i < 4; ++i) EXPECT_EQ(post("/topics", R"({"name":"x"})").body, "\"alive\"");
  EXPECT_GT(busy.requests, 0);
}

TEST_F(load_balancer_test, passes_an_unknown_outcome_on_as_the_manager_said_it) {
  fake_manager busy(fails_with("unknown"));
  fake_manager other(fails_with("unknown"));
  start({busy.address(), other.address()}, {});
  const answer got = post("/producer/produce", R"({"message":"m"})");
  EXPECT_EQ(got.status, 503);
  EXPECT_EQ(got.json()["component"], "fake");
  EXPECT_EQ(busy.requests + other.requests, 1);
}

TEST_F(load_balancer_test, gives_up_after_its_attempts_with_the_last_answer) {
  fake_manager busy(fails_with("definite"));
  start({busy.address()}, {});
  EXPECT_EQ(post("/topics", "{}").status, 503);
  EXPECT_EQ(busy.requests, 3);
}

TEST_F(load_balancer_test, stops_asking_a_manager_that_is_not_ready) {
  fake_manager first(says("first"));
  fake_manager second(says("second"));
  start({first.address(), second.address()}, {});
  first.is_ready = false;
  EXPECT_TRUE(eventually([&] {
    const int before = first.requests;
    for (int i = 0; i < 4; ++i) (void)get("/topics");
    return first.requests == before;
  }));
  first.is_ready = true;
  EXPECT_TRUE(eventually([&] { return get("/topics").body == "\"first\""; }));
}

TEST_F(load_balancer_test, learns_managers_from_a_write_manager_with_the_cluster_secret) {
  const std::string secret_file = "/tmp/marquee_lb_test." + std::to_string(getpid());
  std::ofstream(secret_file) << "0123456789abcdef";
  options.process.secret_file = secret_file;
  fake_manager reader(says("reader"));
  fake_manager writer(says("writer"));
  writer.managers =
      R"({"managers":[{"name":"rm-1","role":"read_manager","http":")" + reader.address() + "\"}]}";
  start({writer.address()}, {});
  EXPECT_TRUE(eventually([&] { return get("/consumer/c-1").body == "\"reader\""; }));
  balancer->stop();
  EXPECT_EQ(writer.last_discovery_proof,
            net::cluster_secret("0123456789abcdef").make_proof("GET", "/internal/managers"));
  unlink(secret_file.c_str());
}

TEST_F(load_balancer_test, sends_each_consumer_to_one_read_manager) {
  fake_manager first(says("first"));
  fake_manager second(says("second"));
  start({}, {first.address(), second.address()});
  settle({&first, &second});
  std::set<std::string> answers;
  for (int consumer = 0; consumer < 20; ++consumer) {
    const std::string id = "c-" + std::to_string(consumer);
    const std::string chosen = get("/consumer/" + id).body;
    answers.insert(chosen);
    EXPECT_EQ(post("/consumer/commit", R"({"consumer_id":")" + id + R"("})").body, chosen);
    EXPECT_EQ(get("/size?consumer_id=" + id).body, chosen);
  }
  EXPECT_EQ(answers.size(), 2U);
}

TEST_F(load_balancer_test, aborts_the_upstream_request_when_the_client_goes_away) {
  std::promise<void> begun;
  std::promise<net::wake_reason> ended;
  fake_manager reader([&](http_exchange& exchange) -> task<http_response> {
    begun.set_value();
    net::notifier never;
    ended.set_value(co_await never.wait(0, net::deadline::in_ms(10'000), exchange.client_gone_token()));
    co_return net::json_response("{}");
  });
  start({}, {reader.address()});
  raw_client client(balancer->http_port());
  client.send("GET /consumer/consume?consumer_id=c&wait_ms=30000 HTTP/1.1\r\nHost: t\r\n\r\n");
  begun.get_future().wait();
  client.close();
  EXPECT_EQ(ended.get_future().get(), net::wake_reason::cancelled);
}

TEST_F(load_balancer_test, keeps_interim_answers_of_managers_to_itself) {
  fake_manager reader([](http_exchange& exchange) -> task<http_response> {
    (void)co_await exchange.send_interim(102);
    co_return net::json_response("\"final\"");
  });
  start({}, {reader.address()});
  const answer got = get("/consumer/consume?consumer_id=c");
  EXPECT_EQ(got.status, 200);
  EXPECT_EQ(got.body, "\"final\"");
}

TEST_F(load_balancer_test, answers_504_when_a_manager_takes_too_long) {
  options.request_timeout_ms = 100;
  fake_manager writer([](http_exchange& exchange) -> task<http_response> {
    net::notifier never;
    (void)co_await never.wait(0, net::deadline::in_ms(10'000), exchange.client_gone_token());
    co_return net::json_response("{}");
  });
  start({writer.address()}, {});
  const answer got = post("/topics", "{}");
  EXPECT_EQ(got.status, 504);
  EXPECT_EQ(got.json()["outcome"], "unknown");
}

TEST_F(load_balancer_test, takes_back_what_it_sent_to_a_manager_that_fell_silent) {
  options.health_timeout_ms = 50;
  fake_manager hanging([](http_exchange& exchange) -> task<http_response> {
    net::notifier never;
    (void)co_await never.wait(0, net::deadline::in_ms(30'000), exchange.client_gone_token());
    co_return net::json_response("{}");
  });
  fake_manager alive(says("alive"));
  hanging.managers =
      R"({"managers":[{"name":"wm-2","role":"write_manager","http":")" + alive.address() + "\"}]}";
  hanging.announces = false;
  start({hanging.address()}, {});
  std::thread silence([&] {
    EXPECT_TRUE(eventually([&] { return hanging.requests == 1; }));
    hanging.announces = true;
    EXPECT_TRUE(eventually([&] { return alive.probes >= 2; }));
    hanging.is_silent = true;
  });
  EXPECT_EQ(get("/topics").body, "\"alive\"");
  silence.join();
}

TEST_F(load_balancer_test, tells_a_commit_at_once_that_its_manager_is_silent_and_sends_it_nowhere_else) {
  fake_manager hanging([](http_exchange& exchange) -> task<http_response> {
    net::notifier never;
    (void)co_await never.wait(0, net::deadline::in_ms(30'000), exchange.client_gone_token());
    co_return net::json_response("{}");
  });
  fake_manager alive(says("alive"));
  start({}, {hanging.address(), alive.address()});
  settle({&hanging, &alive});
  std::thread silence([&] {
    EXPECT_TRUE(eventually([&] { return hanging.requests == 1; }));
    hanging.is_silent = true;
  });
  answer got = {200, "", ""};
  int commits = 0;
  for (; got.status == 200 && commits < 64; ++commits)
    got = post("/consumer/commit", R"({"consumer_id":"c-)" + std::to_string(commits) + "\"}");
  silence.join();
  EXPECT_EQ(got.status, 503) << "a request's time-out would be 504";
  EXPECT_EQ(got.json()["code"], "MANAGER_UNAVAILABLE");
  EXPECT_EQ(got.json()["retriable"], true);
  EXPECT_EQ(got.json()["outcome"], "unknown");
  EXPECT_EQ(alive.requests, commits - 1);
}

TEST_F(load_balancer_test, says_that_no_manager_of_a_role_is_known) {
  fake_manager writer(says("writer"));
  start({writer.address()}, {});
  const answer got = get("/consumer/c");
  EXPECT_EQ(got.status, 503);
  EXPECT_EQ(got.json()["code"], "NO_MANAGER");
  EXPECT_EQ(got.json()["outcome"], "definite");
}

TEST_F(load_balancer_test, finishes_requests_in_flight_when_it_stops) {
  std::promise<void> begun;
  std::promise<void> go_on;
  fake_manager writer([&](http_exchange&) -> task<http_response> {
    begun.set_value();
    go_on.get_future().wait();
    co_return net::json_response("\"finished\"");
  });
  start({writer.address()}, {});
  raw_client client(balancer->http_port());
  client.send("GET /topics HTTP/1.1\r\nHost: t\r\n\r\n");
  begun.get_future().wait();
  std::thread stopper([&] { balancer->stop(); });
  go_on.set_value();
  EXPECT_THAT(client.read_all(), HasSubstr("finished"));
  stopper.join();
}

TEST(load_balancer_process_start, refuses_wrong_configuration_with_a_reason) {
  load_balancer_options options;
  options.process.http.port = 0;
  EXPECT_THAT(load_balancer_process::start(options).error().message, HasSubstr("no manager is configured"));
  options.write_managers = {"nonsense"};
  EXPECT_THAT(load_balancer_process::start(options).error().message, HasSubstr("nonsense"));
  options.write_managers = {"127.0.0.1:1"};
  options.process.http.address = "0.0.0.0";
  EXPECT_THAT(load_balancer_process::start(options).error().message, HasSubstr("--insecure-network"));
  options.process.insecure_network = true;
  EXPECT_TRUE(load_balancer_process::start(options).has_value());
}

TEST(load_balancer_options, have_one_key_each_with_a_meaning) {
  load_balancer_options options;
  config_schema schema;
  describe(schema, options);
  std::set<std::string> names;
  for (const config_key& key : schema.keys()) {
    EXPECT_TRUE(names.insert(key.name).second) << key.name;
    EXPECT_FALSE(key.meaning.empty()) << key.name;
  }
  EXPECT_TRUE(schema.assign("http.port=18080"));
  EXPECT_TRUE(schema.assign("load_balancer.write_managers=127.0.0.1:8101,127.0.0.1:8102"));
  EXPECT_TRUE(schema.assign("insecure_network=true"));
  EXPECT_FALSE(schema.assign("http.port=65536"));
  EXPECT_EQ(options.process.http.port, 18080);
  EXPECT_EQ(options.write_managers.size(), 2U);
  EXPECT_TRUE(options.process.insecure_network);
}

}  // namespace
}  // namespace marquee::load_balancer
