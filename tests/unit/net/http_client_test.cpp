#include "net/http_client.h"

#include <gmock/gmock.h>

#include <atomic>
#include <future>

#include "net/future.h"
#include "net/stream.h"
#include "net/wake_point.h"
#include "tests/unit/net/http_server_fixture.h"

namespace marquee::net {
namespace {

using ::testing::HasSubstr;

class http_client_test : public testing::http_server_fixture {
 protected:
  ~http_client_test() override {
    client_loop.run_and_wait([&] { client.reset(); });
    if (scripted) scripted->stop();
  }
  void configure(http_client_options with) {
    client_loop.run_and_wait([&] { client = std::make_unique<http_client>(client_loop, with); });
  }
  endpoint here() const { return {"127.0.0.1", port}; }
  http_outcome send(http_request request, http_call_options call = {}) {
    http_outcome outcome{.response = fail(error_code::internal, "nothing")};
    client_loop.spawn_and_wait([&]() -> task<void> {
      outcome = co_await client->send(here(), std::move(request), std::move(call));
    });
    return outcome;
  }
  void serve(http_handler handler) { port = start(std::move(handler)); }
  /// Answers each connection as the script wants, without a server in between.
  void serve_bytes(listener::connection_handler script) {
    scripted = std::move(*listener::listen(loop, {}, std::move(script)));
    port = scripted->port();
  }
  /// Reads one request without a body.
  static task<bool> read_request(stream& connection) {
    std::string got;
    std::uint8_t byte = 0;
    while (!got.ends_with("\r\n\r\n")) {
      const auto count = co_await connection.read_some({&byte, 1}, deadline::in_ms(10'000));
      if (!count || *count == 0) co_return false;
      got += static_cast<char>(byte);
    }
    co_return true;
  }

  event_loop client_loop{"client"};
  std::unique_ptr<http_client> client = std::make_unique<http_client>(client_loop);
  std::unique_ptr<listener> scripted;
  std::uint16_t port = 0;
};

TEST_F(http_client_test, sends_body_and_headers_and_reads_the_answer) {
  serve([](http_exchange& exchange) -> task<http_response> {
    http_response response =
        text_response(exchange.request.body + std::string(exchange.request.headers.get("X-A")), 201);
    response.headers.add("X-B", "c");
    co_return response;
  });
  http_request request{
      .method = "POST", .target = "/x", .headers = {{"X-A", "!"}}, .body = std::string(300'000, 'b')};
  const http_outcome outcome = send(request);
  ASSERT_TRUE(outcome.response.has_value()) << outcome.response.error().message;
  EXPECT_EQ(outcome.response->status, 201);
  EXPECT_EQ(outcome.response->body.size(), 300'001U);
  EXPECT_EQ(outcome.response->headers.get("x-b"), "c");
  EXPECT_TRUE(outcome.sent_any_byte);
}

TEST_F(http_client_test, uses_one_connection_for_one_call_after_the_other) {
  serve(mirror);
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(send({}).response.has_value());
  EXPECT_EQ(server->connections(), 1U);
  EXPECT_EQ(client->connections(), 1U);
}

TEST_F(http_client_test, bounds_connections_and_waiting_calls_per_endpoint) {
  configure({.max_connections_per_endpoint = 2, .max_waiting_per_endpoint = 3});
  notifier go;
  std::atomic<int> served{0};
  serve([&](http_exchange&) -> task<http_response> {
    ++served;
    (void)co_await go.wait(0, deadline::in_ms(10'000));
    co_return text_response("ok");
  });
  std::atomic<int> succeeded{0};
  std::atomic<int> overloaded{0};
  for (int i = 0; i < 6; ++i)
    client_loop.spawn([&]() -> task<void> {
      const http_outcome outcome = co_await client->send(here(), {});
      if (outcome.response)
        ++succeeded;
      else if (outcome.response.error().code == error_code::overloaded && !outcome.sent_any_byte)
        ++overloaded;
    });
  while (overloaded < 1 || served < 2) std::this_thread::yield();
  EXPECT_EQ(server->connections(), 2U);
  go.wake_all();
  while (succeeded < 5) std::this_thread::yield();
  EXPECT_EQ(overloaded, 1);
}

TEST_F(http_client_test, proves_that_a_refused_connection_sent_nothing) {
  serve(mirror);
  server->stop(0);
  const http_outcome outcome = send({});
  ASSERT_FALSE(outcome.response.has_value());
  EXPECT_EQ(outcome.response.error().code, error_code::refused);
  EXPECT_TRUE(outcome.refused_or_reset);
  EXPECT_FALSE(outcome.sent_any_byte);
}

TEST_F(http_client_test, ends_at_its_deadline_and_does_not_reuse_that_connection) {
  serve([](http_exchange& exchange) -> task<http_response> {
    notifier never;
    (void)co_await never.wait(0, deadline::in_ms(10'000), exchange.client_gone_token());
    co_return text_response("late");
  });
  const http_outcome outcome = send({}, {.timeout_ms = 30});
  ASSERT_FALSE(outcome.response.has_value());
  EXPECT_EQ(outcome.response.error().code, error_code::timed_out);
  EXPECT_TRUE(outcome.sent_any_byte);
  EXPECT_EQ(client->connections(), 0U);
}

TEST_F(http_client_test, tells_the_server_when_a_call_is_cancelled) {
  std::promise<wake_reason> seen;
  std::stop_source cancel;
  serve([&](http_exchange& exchange) -> task<http_response> {
    notifier never;
    cancel.request_stop();
    seen.set_value(co_await never.wait(0, deadline::in_ms(10'000), exchange.client_gone_token()));
    co_return text_response("late");
  });
  const http_outcome outcome = send({}, {.cancel = cancel.get_token()});
  ASSERT_FALSE(outcome.response.has_value());
  EXPECT_EQ(outcome.response.error().code, error_code::cancelled);
  EXPECT_EQ(seen.get_future().get(), wake_reason::cancelled);
}

TEST_F(http_client_test, passes_interim_answers_on) {
  serve([](http_exchange& exchange) -> task<http_response> {
    (void)co_await exchange.send_interim(102);
    co_return text_response("final");
  });
  std::vector<int> interims;
  const http_outcome outcome = send({}, {.on_interim = [&](int status) { interims.push_back(status); }});
  ASSERT_TRUE(outcome.response.has_value());
  EXPECT_EQ(outcome.response->body, "final");
  EXPECT_EQ(interims, std::vector<int>{102});
}

TEST_F(http_client_test, does_not_resend_over_a_stale_connection_unless_told_to) {
  // Serves one request on each connection, swallows the second one and resets.
  auto requests = std::make_shared<std::atomic<int>>(0);
  serve_bytes([requests](stream connection) -> task<> {
    if (!co_await read_request(connection)) co_return;
    ++*requests;
    (void)co_await connection.write(as_bytes("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"));
    if (co_await read_request(connection)) ++*requests;
  });
  ASSERT_TRUE(send({}).response.has_value());
  const http_outcome stale = send({});
  ASSERT_FALSE(stale.response.has_value());
  EXPECT_TRUE(stale.refused_or_reset);
  EXPECT_TRUE(stale.reused_connection);
  EXPECT_TRUE(stale.sent_any_byte);
  EXPECT_EQ(*requests, 2);
  ASSERT_TRUE(send({}).response.has_value());
  EXPECT_TRUE(send({}, {.resend_if_stale = true}).response.has_value());
  EXPECT_EQ(*requests, 5);
}

TEST_F(http_client_test, notices_a_server_that_closed_an_idle_connection) {
  serve_bytes([](stream connection) -> task<> {
    (void)co_await read_request(connection);
    (void)co_await connection.write(as_bytes("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"));
  });
  for (int i = 0; i < 20; ++i) {
    const http_outcome outcome = send({});
    if (!outcome.response) {
      EXPECT_TRUE(outcome.reused_connection);
    }
    while (scripted->connections() > 0) std::this_thread::yield();
  }
}

TEST_F(http_client_test, reads_an_answer_that_comes_before_the_request_was_read) {
  options.max_body_bytes = 10'000;
  serve(mirror);
  const http_outcome outcome = send({.method = "POST", .target = "/", .body = std::string(2'000'000, 'x')});
  ASSERT_TRUE(outcome.response.has_value()) << outcome.response.error().message;
  EXPECT_EQ(outcome.response->status, 413);
}

TEST_F(http_client_test, reads_an_answer_that_ends_with_its_connection) {
  serve_bytes([](stream connection) -> task<> {
    (void)co_await read_request(connection);
    (void)co_await connection.write(as_bytes("HTTP/1.0 200 OK\r\n\r\nuntil the end"));
  });
  const http_outcome outcome = send({});
  ASSERT_TRUE(outcome.response.has_value());
  EXPECT_EQ(outcome.response->body, "until the end");
}

TEST_F(http_client_test, refuses_answers_that_are_cut_garbage_or_too_large) {
  configure({.max_response_bytes = 1000});
  auto script = std::make_shared<std::string>();
  serve_bytes([script](stream connection) -> task<> {
    (void)co_await read_request(connection);
    (void)co_await connection.write(as_bytes(*script));
  });
  const std::vector<std::pair<std::string, error_code>> cases{
      {"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\ncut", error_code::unavailable},
      {"HTTP/1.1 200 OK\r\nContent-", error_code::unavailable},
      {"", error_code::unavailable},
      {"garbage that is no answer\r\n\r\n", error_code::unavailable},
      {"HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n", error_code::too_large},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffff\r\n", error_code::too_large}};
  for (const auto& [text, code] : cases) {
    loop.run_and_wait([&] { *script = text; });
    const http_outcome outcome = send({});
    ASSERT_FALSE(outcome.response.has_value()) << text;
    EXPECT_EQ(outcome.response.error().code, code) << text << ": " << outcome.response.error().message;
  }
}

TEST_F(http_client_test, ends_its_calls_when_it_is_destroyed) {
  std::promise<void> begun;
  serve([&](http_exchange& exchange) -> task<http_response> {
    begun.set_value();
    notifier never;
    (void)co_await never.wait(0, deadline::in_ms(10'000), exchange.client_gone_token());
    co_return text_response("late");
  });
  std::promise<error_code> ended;
  client_loop.spawn([&]() -> task<void> {
    const http_outcome outcome = co_await client->send(here(), {});
    ended.set_value(outcome.response ? error_code::internal : outcome.response.error().code);
  });
  begun.get_future().wait();
  client_loop.run_and_wait([&] { client.reset(); });
  EXPECT_EQ(ended.get_future().get(), error_code::cancelled);
}

}  // namespace
}  // namespace marquee::net
