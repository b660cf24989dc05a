#include "net/http_server.h"

#include <gmock/gmock.h>

#include <future>
#include <stdexcept>

#include "net/future.h"
#include "net/wake_point.h"
#include "tests/unit/net/http_server_fixture.h"

namespace marquee::net {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using testing::raw_client;
using testing::status_of;

class http_server_test : public testing::http_server_fixture {};

TEST_F(http_server_test, answers_several_requests_on_one_connection) {
  raw_client client(start(mirror));
  for (int i = 0; i < 3; ++i) {
    client.forget();
    client.send("POST /p?x=1 HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello");
    EXPECT_THAT(client.read_until("]\n"), HasSubstr("POST /p [hello]"));
  }
  EXPECT_EQ(server->connections(), 1U);
}

TEST_F(http_server_test, answers_pipelined_requests_in_their_order) {
  start([](http_exchange& exchange) -> task<http_response> {
    if (exchange.request.path == "/slow") co_await sleep_ms(20);
    co_return text_response(exchange.request.path + ";");
  });
  raw_client client(server->port());
  client.send(
      "GET /slow HTTP/1.1\r\nHost: t\r\n\r\nGET /b HTTP/1.1\r\nHost: t\r\n\r\nPOST /c HTTP/1.1\r\nHost: "
      "t\r\nContent-Length: 2\r\n\r\nxyGET "
      "/d HTTP/1.1\r\nHost: t\r\n\r\n");
  const std::string all = client.read_until("/d;");
  EXPECT_LT(all.find("/slow;"), all.find("/b;"));
  EXPECT_LT(all.find("/b;"), all.find("/c;"));
  EXPECT_LT(all.find("/c;"), all.find("/d;"));
}

TEST_F(http_server_test, takes_a_request_byte_by_byte) {
  raw_client client(start(mirror));
  for (const char c : std::string("POST /p HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: "
                                  "chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nT: v\r\n\r\n"))
    client.send(std::string(1, c));
  EXPECT_THAT(client.read_until("]\n"), HasSubstr("POST /p [abcde]"));
}

TEST_F(http_server_test, joins_the_chunks_of_a_large_body) {
  raw_client client(start([](http_exchange& exchange) -> task<http_response> {
    co_return text_response(std::to_string(exchange.request.body.size()) + "\n");
  }));
  client.send("POST /p HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n");
  for (int i = 0; i < 64; ++i) client.send("10000\r\n" + std::string(65536, 'x') + "\r\n");
  client.send("0\r\n\r\n");
  EXPECT_THAT(client.read_until("\n4194304"), HasSubstr("\r\n\r\n4194304"));
}

TEST_F(http_server_test, says_continue_before_a_body_that_waits_for_it) {
  raw_client client(start(mirror));
  client.send("POST /p HTTP/1.1\r\nHost: t\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_THAT(client.read_until("\r\n\r\n"), HasSubstr("HTTP/1.1 100 Continue"));
  client.send("ok");
  EXPECT_THAT(client.read_until("]\n"), HasSubstr("[ok]"));
}

TEST_F(http_server_test, refuses_a_body_that_is_too_large_before_it_is_sent) {
  options.max_body_bytes = 10'000;
  raw_client client(start(mirror));
  client.send("POST /p HTTP/1.1\r\nHost: t\r\nContent-Length: 10001\r\nExpect: 100-continue\r\n\r\n");
  const std::string answer = client.read_until("}");
  EXPECT_EQ(status_of(answer), 413);
  EXPECT_THAT(answer, HasSubstr("BODY_TOO_LARGE"));
  EXPECT_THAT(answer, HasSubstr("10000"));
}

TEST_F(http_server_test, lets_a_client_that_sends_too_much_read_its_413) {
  start(mirror);
  const std::string answer = answer_to("POST /p HTTP/1.1\r\nHost: t\r\nContent-Length: 9000000\r\n\r\n" +
                                       std::string(9'000'000, 'x'));
  EXPECT_EQ(status_of(answer), 413);
}

TEST_F(http_server_test, gives_head_the_header_of_get_without_its_body) {
  http_router router("test/server");
  router.add("GET", "/thing",
             [](http_exchange&) -> task<http_response> { co_return text_response("12345"); });
  start(router.as_handler());
  const std::string answer = answer_to("HEAD /thing HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(status_of(answer), 200);
  EXPECT_THAT(answer, HasSubstr("Content-Length: 5\r\n"));
  EXPECT_TRUE(answer.ends_with("\r\n\r\n"));
}

TEST_F(http_server_test, closes_after_an_http_1_0_request_unless_it_asked_to_stay) {
  start(mirror);
  raw_client once(server->port());
  once.send("GET /a HTTP/1.0\r\n\r\n");
  EXPECT_THAT(once.read_all(), HasSubstr("GET /a"));
  EXPECT_FALSE(once.timed_out());
  raw_client twice(server->port());
  for (int i = 0; i < 2; ++i) {
    twice.forget();
    twice.send("GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    EXPECT_THAT(twice.read_until("]\n"), HasSubstr("Connection: keep-alive"));
  }
}

TEST_F(http_server_test, returns_the_request_id_or_makes_one) {
  start(mirror);
  EXPECT_THAT(answer_to("GET / HTTP/1.1\r\nHost: t\r\nX-Request-Id: abc-1\r\n\r\n"),
              HasSubstr("X-Request-Id: abc-1\r\n"));
  const std::string made =
      answer_to("GET / HTTP/1.1\r\nHost: t\r\nX-Request-Id: " + std::string(129, 'a') + "\r\n\r\n");
  EXPECT_THAT(made, HasSubstr("X-Request-Id: "));
  EXPECT_THAT(made, Not(HasSubstr(std::string(17, 'a'))));
  EXPECT_THAT(answer_to("GET / HTTP/1.1\r\nHost: t\r\nX-Request-Id: a b\r\n\r\n"), Not(HasSubstr("a b")));
}

TEST_F(http_server_test, times_out_slow_headers_and_slow_bodies_with_408) {
  options.header_timeout_ms = 30;
  options.body_timeout_ms = 30;
  start(mirror);
  raw_client header(server->port());
  header.send("GET / HTTP/1.1\r\nHost: t\r\nX-Half");
  const std::string first = header.read_all();
  EXPECT_EQ(status_of(first), 408);
  EXPECT_THAT(first, HasSubstr("REQUEST_TIMEOUT"));
  raw_client body(server->port());
  body.send("POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 2000000000\r\n\r\n");
  EXPECT_EQ(status_of(body.read_all()), 413);
  raw_client half(server->port());
  half.send("POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 20\r\n\r\nhalf");
  EXPECT_EQ(status_of(half.read_all()), 408);
}

TEST_F(http_server_test, closes_a_connection_that_stays_idle) {
  options.idle_timeout_ms = 20;
  raw_client client(start(mirror));
  EXPECT_EQ(client.read_all(), "");
  EXPECT_FALSE(client.timed_out());
}

TEST_F(http_server_test, answers_503_over_its_connection_limit) {
  where.max_connections = 2;
  start(mirror);
  raw_client first(server->port());
  raw_client second(server->port());
  first.send("GET / HTTP/1.1\r\nHost: t\r\n\r\n");
  first.read_until("]\n");
  second.send("GET / HTTP/1.1\r\nHost: t\r\n\r\n");
  second.read_until("]\n");
  raw_client third(server->port());
  const std::string answer = third.read_all();
  EXPECT_EQ(status_of(answer), 503);
  EXPECT_THAT(answer, HasSubstr("Retry-After: 1"));
  EXPECT_THAT(answer, HasSubstr("\"retriable\":true"));
}

TEST_F(http_server_test, bounds_the_bodies_of_all_connections_together) {
  options.max_body_bytes_in_flight = 1'000'000;
  start(mirror);
  raw_client first(server->port());
  first.send("POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 900000\r\n\r\n" + std::string(800'000, 'x'));
  raw_client second(server->port());
  second.send("POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 900000\r\n\r\n" + std::string(800'000, 'x'));
  const bool second_refused = status_of(second.read_until("}")) == 503;
  first.send(std::string(100'000, 'x'));
  EXPECT_TRUE(second_refused || status_of(first.read_until("}")) == 503);
  EXPECT_EQ(status_of(answer_to("POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 2\r\n\r\nok")), 200);
}

TEST_F(http_server_test, turns_an_exception_into_500_and_lives) {
  start([](http_exchange& exchange) -> task<http_response> {
    if (exchange.request.path == "/throw") throw std::runtime_error("planted");
    co_return text_response("fine");
  });
  const std::string answer = answer_to("GET /throw HTTP/1.1\r\nHost: t\r\n\r\n");
  EXPECT_EQ(status_of(answer), 500);
  EXPECT_THAT(answer, HasSubstr("\"code\":\"INTERNAL\""));
  EXPECT_THAT(answer, Not(HasSubstr("planted")));
  EXPECT_THAT(answer_to("GET / HTTP/1.1\r\nHost: t\r\n\r\n"), HasSubstr("fine"));
}

TEST_F(http_server_test, wakes_a_handler_whose_client_has_gone) {
  std::promise<wake_reason> ended;
  std::promise<bool> written;
  std::promise<void> begun;
  start([&](http_exchange& exchange) -> task<http_response> {
    notifier nothing_comes;
    begun.set_value();
    ended.set_value(co_await nothing_comes.wait(0, deadline::in_ms(10'000), exchange.client_gone_token()));
    http_response response = text_response("too late");
    response.on_written = [&](bool was) { written.set_value(was); };
    co_return response;
  });
  raw_client client(server->port());
  client.send("GET /long HTTP/1.1\r\nHost: t\r\n\r\n");
  begun.get_future().wait();
  client.reset();
  EXPECT_EQ(ended.get_future().get(), wake_reason::cancelled);
  EXPECT_FALSE(written.get_future().get());
}

TEST_F(http_server_test, answers_a_client_that_has_finished_sending_and_still_listens) {
  std::promise<bool> written;
  start([&](http_exchange& exchange) -> task<http_response> {
    const notifier nothing_comes;
    const wake_reason why =
        co_await nothing_comes.wait(0, deadline::in_ms(200), exchange.client_gone_token());
    http_response response = text_response(why == wake_reason::cancelled ? "gone" : "there");
    response.on_written = [&](bool was) { written.set_value(was); };
    co_return response;
  });
  raw_client client(server->port());
  client.send("GET /long HTTP/1.1\r\nHost: t\r\n\r\n");
  client.finish_sending();
  const std::string answer = client.read_all();
  EXPECT_THAT(answer, HasSubstr("HTTP/1.1 102 ")) << "the probe";
  EXPECT_THAT(answer, HasSubstr("there"));
  EXPECT_TRUE(written.get_future().get());
}

TEST_F(http_server_test, notices_a_client_that_closed_politely_while_it_waits) {
  std::promise<wake_reason> ended;
  std::promise<bool> written;
  start([&](http_exchange& exchange) -> task<http_response> {
    const notifier nothing_comes;
    ended.set_value(co_await nothing_comes.wait(0, deadline::in_ms(10'000), exchange.client_gone_token()));
    http_response response = text_response("too late");
    response.on_written = [&](bool was) { written.set_value(was); };
    co_return response;
  });
  raw_client client(server->port());
  client.send("GET /long HTTP/1.1\r\nHost: t\r\n\r\n");
  client.close();
  EXPECT_EQ(ended.get_future().get(), wake_reason::cancelled);
  EXPECT_FALSE(written.get_future().get());
}

TEST_F(http_server_test, an_answer_to_a_client_that_closed_before_it_was_not_written) {
  std::promise<bool> written;
  start([&](http_exchange&) -> task<http_response> {
    co_await sleep_ms(20);  // the end of the connection has arrived, and nothing has been asked yet
    http_response response = text_response("too late");
    response.on_written = [&](bool was) { written.set_value(was); };
    co_return response;
  });
  raw_client client(server->port());
  client.send("GET /quick HTTP/1.1\r\nHost: t\r\n\r\n");
  client.close();
  EXPECT_FALSE(written.get_future().get());
}

TEST_F(http_server_test, a_next_request_proves_that_an_answer_was_read_however_soon_the_connection_ends) {
  std::promise<bool>* written = nullptr;
  start([&](http_exchange& exchange) -> task<http_response> {
    http_response response = text_response(std::string(200'000, 'x') + "end");
    if (exchange.request.path != "/first") co_return response;
    response.next_request_confirms = true;
    response.on_written = [&](bool was) { written->set_value(was); };
    co_return response;
  });
  for (int round = 0; round < 20;
       ++round) {  // the server looks every few milliseconds: most rounds come between
    std::promise<bool> told;
    written = &told;
    raw_client client(server->port());
    client.send("GET /first HTTP/1.1\r\nHost: t\r\n\r\n");
    EXPECT_THAT(client.read_until("xend"), ::testing::EndsWith("xend"));
    client.send("GET /second HTTP/1.1\r\nHost: t\r\n\r\n");
    client.reset();
    EXPECT_TRUE(told.get_future().get()) << "round " << round;
  }
}

TEST_F(http_server_test, tells_a_handler_that_its_answer_was_written) {
  std::promise<bool> written;
  start([&](http_exchange&) -> task<http_response> {
    http_response response = text_response("here");
    response.on_written = [&](bool was) { written.set_value(was); };
    co_return response;
  });
  raw_client client(server->port());
  client.send("GET / HTTP/1.1\r\nHost: t\r\n\r\n");
  EXPECT_THAT(client.read_until("here"), HasSubstr("here"));
  EXPECT_TRUE(written.get_future().get());
}

TEST_F(http_server_test, sends_interim_answers_before_the_final_one) {
  start([](http_exchange& exchange) -> task<http_response> {
    EXPECT_TRUE(co_await exchange.send_interim(102));
    co_return text_response("done");
  });
  const std::string answer = answer_to("GET / HTTP/1.1\r\nHost: t\r\n\r\n");
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 200 OK\r\n")) << answer;
}

TEST_F(http_server_test, shows_life_until_the_handler_returns_and_not_in_the_next_request) {
  std::atomic<bool> enough = false;
  start([&](http_exchange& exchange) -> task<http_response> {
    if (exchange.request.path == "/long") {
      exchange.show_life_every_ms(2);
      while (!enough) co_await sleep_ms(1);
      co_return text_response("long");
    }
    co_await sleep_ms(20);
    co_return text_response("short");
  });
  raw_client client(server->port());
  client.send("GET /long HTTP/1.1\r\nHost: t\r\n\r\n");
  client.read_until("102 Processing\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n");
  enough = true;
  const std::string first = client.read_until("long");
  EXPECT_THAT(first, HasSubstr("HTTP/1.1 200 OK\r\n"));
  client.send("GET /short HTTP/1.1\r\nHost: t\r\n\r\n");
  const std::string second = client.read_until("short").substr(first.size());
  EXPECT_TRUE(second.starts_with("HTTP/1.1 200 OK\r\n")) << second;
}

TEST_F(http_server_test, finishes_requests_in_flight_when_it_stops) {
  std::promise<void> begun;
  start([&](http_exchange& exchange) -> task<http_response> {
    begun.set_value();
    while (!exchange.stopping()) co_await sleep_ms(1);
    co_return text_response("finished");
  });
  raw_client idle(server->port());
  raw_client busy(server->port());
  busy.send("GET / HTTP/1.1\r\nHost: t\r\n\r\n");
  begun.get_future().wait();
  server->stop(10'000);
  EXPECT_THAT(busy.read_all(), HasSubstr("finished"));
  EXPECT_EQ(idle.read_all(), "");
  EXPECT_FALSE(idle.timed_out());
  EXPECT_FALSE(raw_client(server->port()).connected());
}

TEST_F(http_server_test, gives_up_on_long_polls_when_the_grace_of_its_stop_is_over) {
  std::promise<void> begun;
  start([&](http_exchange& exchange) -> task<http_response> {
    begun.set_value();
    notifier never;
    (void)co_await never.wait(0, deadline::never(), exchange.client_gone_token());
    co_return text_response("woken");
  });
  raw_client client(server->port());
  client.send("GET / HTTP/1.1\r\nHost: t\r\n\r\n");
  begun.get_future().wait();
  server->stop(1);
  EXPECT_EQ(server->connections(), 0U);
}

TEST_F(http_server_test, keeps_header_lines_whole_whatever_a_handler_puts_into_them) {
  start([](http_exchange&) -> task<http_response> {
    http_response response = text_response("x");
    response.headers.add("X-Bad", "a\r\nX-Injected: b");
    response.headers.add("X Bad Name:", "c");
    response.headers.add("Content-Length", "999");
    co_return response;
  });
  const std::string answer = answer_to("GET / HTTP/1.1\r\nHost: t\r\n\r\n");
  EXPECT_THAT(answer, HasSubstr("X-Bad: a  X-Injected: b\r\n"));
  EXPECT_THAT(answer, Not(HasSubstr("X Bad Name")));
  EXPECT_THAT(answer, HasSubstr("Content-Length: 1\r\n"));
  EXPECT_THAT(answer, Not(HasSubstr("999")));
}

TEST_F(http_server_test, reads_what_is_left_of_the_callers_patience) {
  start([](http_exchange& exchange) -> task<http_response> {
    const auto left = exchange.request_deadline.remaining_ms();
    co_return text_response(left > 0 && left <= 5000               ? "limited"
                            : exchange.request_deadline.is_never() ? "never"
                                                                   : "odd");
  });
  EXPECT_THAT(answer_to("GET / HTTP/1.1\r\nHost: t\r\nX-Deadline-Ms: 5000\r\n\r\n"), HasSubstr("limited"));
  EXPECT_THAT(answer_to("GET / HTTP/1.1\r\nHost: t\r\n\r\n"), HasSubstr("never"));
  EXPECT_THAT(answer_to("GET / HTTP/1.1\r\nHost: t\r\nX-Deadline-Ms: soon\r\n\r\n"), HasSubstr("never"));
}

}  // namespace
}  // namespace marquee::net
