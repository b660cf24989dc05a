// The load balancer between real sockets and booking front ends that do what each test wants.
#include <gmock/gmock.h>

#include <atomic>
#include <future>
#include <thread>

#include "net/http_body_source.h"
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
using ::testing::Not;
using testing::says;

class booking_test : public testing::load_balancer_test {
 protected:
  void start_with(const std::vector<std::string>& front_ends) {
    options.booking_front_ends = front_ends;
    start({writer.address()}, {});
  }
  answer post_as(const std::string& fields, const std::string& target = "/booking/v1/shows/S1/reserve") {
    return ask("POST " + target + " HTTP/1.1\r\nHost: t\r\n" + fields +
               "Connection: close\r\nContent-Length: 2\r\n\r\n{}");
  }
  /// A front end whose connections end without an answer when a request comes, though it seems healthy.
  std::string broken() {
    const auto serve = [this](net::stream connection) -> task<> {
      std::vector<std::uint8_t> buffer(65536);
      const auto count = co_await connection.read_some(buffer);
      const std::string_view text = count ? as_text(bytes_view(buffer.data(), *count)) : "";
      if (text.starts_with("GET /ready"))
        (void)co_await connection.write(
            as_bytes(std::string_view("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")));
      else if (!text.empty())
        ++swallowed;
    };
    holes.push_back(std::move(*net::listener::listen(loop, {}, serve)));
    return "127.0.0.1:" + std::to_string(holes.back()->port());
  }
  void wait_until_healthy(int front_ends) {
    const std::string line = "marquee_load_balancer_booking_front_ends_healthy " + std::to_string(front_ends);
    EXPECT_TRUE(eventually([&] { return get("/metrics").body.find(line) != std::string::npos; })) << line;
  }
  /// A client whose requests go to the front end at this address first.
  std::string client_of(const fake_manager& wanted, const std::string& other) {
    manager_table table;
    table.configure(manager_role::booking_front_end, *net::parse_endpoint(wanted.address()));
    table.configure(manager_role::booking_front_end, *net::parse_endpoint(other));
    return client_choosing(table, wanted.address());
  }
  static std::string client_choosing(const manager_table& table, const std::string& address) {
    for (int i = 0;; ++i) {
      const std::string client = "c" + std::to_string(i);
      if (net::to_string(table.by_hash(manager_role::booking_front_end, client, {})->http) == address)
        return client;
    }
  }

  fake_manager writer{says("writer")};
  std::atomic<int> swallowed{0};
};

task<http_response> show_request(http_exchange& exchange) {
  std::string seen = exchange.request.method + " " + exchange.request.target + "\n";
  for (const auto& [name, value] : exchange.request.headers) seen += name + ": " + value + "\n";
  http_response response = net::text_response(seen + exchange.request.body, 201);
  for (const char* name : {"X-Offset", "ETag", "Idempotency-Replayed", "X-State-Age-Ms", "Cache-Control",
                           "Content-Security-Policy", "Set-Cookie", "Location"})
    response.headers.add(name, "of the front end");
  response.headers.add("Server-Timing", "vote;dur=1.5");
  co_return response;
}

TEST_F(booking_test, goes_to_a_front_end_without_the_prefix) {
  fake_manager front_end(show_request);
  start_with({front_end.address()});
  const answer got = post_as("", "/booking/v1/shows/S%201/reserve?x=1");
  EXPECT_EQ(got.status, 201);
  EXPECT_THAT(got.body, HasSubstr("POST /v1/shows/S%201/reserve?x=1\n"));
  EXPECT_THAT(got.body, HasSubstr("\n{}"));
  EXPECT_EQ(get("/topics").body, "\"writer\"");
}

TEST_F(booking_test, lets_only_known_fields_pass) {
  fake_manager front_end(show_request);
  start_with({front_end.address()});
  const std::string known[] = {"X-Client-Id",  "X-Session-Id", "Idempotency-Key", "X-Client-Seq",
                               "X-Ack-Below",  "X-Lock",       "Last-Event-ID",   "If-None-Match",
                               "Content-Type", "Accept",       "User-Agent"};
  std::string fields = "Cookie: c\r\nX-Marquee-Principal: root\r\nX-Forwarded-For: f\r\n";
  for (const std::string& name : known) fields += name + ": of-the-client\r\n";
  const answer got = post_as(fields);
  for (const std::string& name : known) EXPECT_THAT(got.body, HasSubstr(name + ": of-the-client\n"));
  for (const char* name : {"Cookie", "Principal", "Forwarded"}) EXPECT_THAT(got.body, Not(HasSubstr(name)));
  for (const char* name : {"X-Offset", "ETag", "Idempotency-Replayed", "X-State-Age-Ms", "Cache-Control",
                           "Content-Security-Policy"})
    EXPECT_THAT(got.head, HasSubstr(std::string(name) + ": of the front end\r\n"));
  EXPECT_THAT(got.head, Not(HasSubstr("Set-Cookie")));
  EXPECT_THAT(got.head, Not(HasSubstr("Location")));
  EXPECT_THAT(got.head, ::testing::ContainsRegex("Server-Timing: lb;dur=[0-9.]+, vote;dur=1.5"));
}

TEST_F(booking_test, shows_the_way_to_the_page) {
  fake_manager front_end(says("page"));
  start_with({front_end.address()});
  const answer moved = get("/booking");
  EXPECT_EQ(moved.status, 308);
  EXPECT_THAT(moved.head, HasSubstr("Location: /booking/\r\n"));
  EXPECT_EQ(get("/booking/").body, "\"page\"");
  EXPECT_EQ(get("/booking/metrics").status, 404);
}

TEST_F(booking_test, is_unavailable_without_a_front_end) {
  start_with({});
  const answer got = get("/booking/v1/shows");
  EXPECT_EQ(got.status, 503);
  EXPECT_EQ(got.json()["code"], "NO_FRONT_END");
  EXPECT_EQ(got.json()["component"], "load_balancer/lb-1");
  EXPECT_EQ(got.json()["outcome"], "definite");
}

TEST_F(booking_test, names_the_front_end_that_nobody_listens_at) {
  start_with({"127.0.0.1:1"});
  const answer got = post_as("");
  EXPECT_EQ(got.status, 503);
  EXPECT_EQ(got.json()["code"], "FRONT_END_UNAVAILABLE");
  EXPECT_EQ(got.json()["outcome"], "definite");
  EXPECT_THAT(got.json()["message"].get<std::string>(), HasSubstr("127.0.0.1:1"));
}

TEST_F(booking_test, passes_304_and_head_on_without_a_body) {
  fake_manager front_end([](http_exchange& exchange) -> task<http_response> {
    if (exchange.request.method == "HEAD") co_return net::text_response("long text");
    http_response same{.status = 304};
    same.headers.add("ETag", exchange.request.headers.get("If-None-Match").data());
    co_return same;
  });
  start_with({front_end.address()});
  const answer same = get("/booking/v1/shows/S1/seats", "If-None-Match: \"7\"\r\n");
  EXPECT_EQ(same.status, 304);
  EXPECT_THAT(same.head, HasSubstr("ETag: \"7\"\r\n"));
  EXPECT_EQ(same.body, "");
  const answer head = ask("HEAD /booking/ HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.body, "");
}

TEST_F(booking_test, sends_a_client_to_the_same_front_end_each_time) {
  fake_manager one(says("one"));
  fake_manager two(says("two"));
  start_with({one.address(), two.address()});
  wait_until_healthy(2);
  const std::string of_two = "X-Client-Id: " + client_of(two, one.address()) + "\r\n";
  for (int i = 0; i < 5; ++i) EXPECT_EQ(get("/booking/v1/bookings", of_two).body, "\"two\"");
  two.is_ready = false;
  EXPECT_TRUE(eventually([&] { return get("/booking/v1/bookings", of_two).body == "\"one\""; }));
}

TEST_F(booking_test, sends_what_has_a_number_to_the_next_front_end_when_the_first_breaks_off) {
  fake_manager good(says("booked"));
  const std::string bad = broken();
  start_with({good.address(), bad});
  wait_until_healthy(2);
  manager_table table;
  for (const std::string& each : options.booking_front_ends)
    table.configure(manager_role::booking_front_end, *net::parse_endpoint(each));
  const std::string of_bad = "X-Client-Id: " + client_choosing(table, bad) + "\r\n";
  EXPECT_EQ(post_as(of_bad + "X-Client-Seq: 1\r\n").body, "\"booked\"");
  EXPECT_EQ(post_as(of_bad + "Idempotency-Key: k\r\n").body, "\"booked\"");
  EXPECT_EQ(get("/booking/v1/bookings", of_bad).body, "\"booked\"");
  EXPECT_EQ(swallowed, 3);
  const answer once = post_as(of_bad);
  EXPECT_EQ(once.status, 503);
  EXPECT_EQ(once.json()["code"], "FRONT_END_UNAVAILABLE");
  EXPECT_EQ(once.json()["outcome"], "unknown");
  EXPECT_EQ(swallowed, 4);
  EXPECT_EQ(good.requests, 3);
}

TEST_F(booking_test, passes_a_refusal_on_as_it_is) {
  const std::string body = R"({"status":"failure","code":"SEAT_TAKEN","outcome":"definite"})";
  fake_manager front_end(
      [&](http_exchange&) -> task<http_response> { co_return net::json_response(body, 409); });
  start_with({front_end.address()});
  const answer got = post_as("X-Client-Seq: 1\r\n");
  EXPECT_EQ(got.status, 409);
  EXPECT_EQ(got.body, body);
  EXPECT_EQ(front_end.requests, 1);
}

/// Waits for the client to go, and says that it did.
class long_poll {
 public:
  [[nodiscard]] net::http_handler handler() {
    return [this](http_exchange& exchange) -> task<http_response> {
      ++begun;
      (void)co_await never.wait(0, net::deadline::in_ms(10'000), exchange.client_gone_token());
      if (exchange.client_gone()) ++ended;
      co_return net::json_response("\"too late\"");
    };
  }
  net::wake_point never;
  std::atomic<int> begun{0};
  std::atomic<int> ended{0};
};

TEST_F(booking_test, ends_a_long_poll_at_the_front_end_when_its_client_goes) {
  long_poll poll;
  fake_manager front_end(poll.handler());
  start_with({front_end.address()});
  {
    raw_client client(balancer->http_port());
    client.send(
        "POST /booking/v1/sessions/s-1/keepalive?wait=true HTTP/1.1\r\nHost: t\r\nContent-Length: 0\r\n\r\n");
    EXPECT_TRUE(eventually([&] { return poll.begun == 1; }));
    client.reset();
  }
  EXPECT_TRUE(eventually([&] { return poll.ended == 1; }));
}

TEST_F(booking_test, takes_a_long_poll_back_from_a_front_end_that_fell_silent) {
  long_poll poll;
  fake_manager hanging(poll.handler());
  fake_manager good(says("granted"));
  options.health_timeout_ms = 100;
  start_with({hanging.address(), good.address()});
  wait_until_healthy(2);
  const std::string fields = "X-Client-Seq: 4\r\nX-Client-Id: " + client_of(hanging, good.address()) + "\r\n";
  auto asked = std::async(std::launch::async, [&] { return post_as(fields, "/booking/v1/locks/l/acquire"); });
  EXPECT_TRUE(eventually([&] { return poll.begun == 1; }));
  hanging.is_silent = true;
  EXPECT_EQ(asked.get().body, "\"granted\"");
}

TEST_F(booking_test, answers_long_polls_when_it_stops) {
  long_poll poll;
  fake_manager front_end(poll.handler());
  start_with({front_end.address()});
  auto asked = std::async(std::launch::async, [&] { return post_as("X-Client-Seq: 4\r\n"); });
  EXPECT_TRUE(eventually([&] { return poll.begun == 1; }));
  balancer->stop();
  const answer got = asked.get();
  EXPECT_EQ(got.status, 503);
  EXPECT_EQ(got.json()["code"], "STOPPING");
  EXPECT_EQ(got.json()["outcome"], "unknown");
  EXPECT_EQ(got.json()["retriable"], true);
}

/// Events that come when the test wants them.
class event_stream {
 public:
  class source final : public net::http_body_source {
   public:
    explicit source(event_stream& events) : events_(events) {}
    ~source() override { ++events_.ended; }
    task<std::optional<std::string>> next(std::stop_token ended) override {
      for (;;) {
        const std::uint64_t seen = events_.more.generation();
        if (events_.sent < events_.allowed) co_return "id: " + std::to_string(++events_.sent) + "\n\n";
        if (events_.breaks_off) throw net::body_broken_off("by the test");
        if (co_await events_.more.wait(seen, net::deadline::in_ms(10'000), ended) != net::wake_reason::woken)
          co_return std::nullopt;
      }
    }

   private:
    event_stream& events_;
  };
  [[nodiscard]] net::http_handler handler() {
    return [this](http_exchange&) -> task<http_response> {
      http_response response = net::text_response("", 200, "text/event-stream");
      response.source = std::make_shared<source>(*this);
      co_return response;
    };
  }
  void allow(int events) {
    allowed = events;
    more.wake_all();
  }
  std::atomic<int> sent{0};
  std::atomic<int> allowed{0};
  std::atomic<int> ended{0};
  std::atomic<bool> breaks_off{false};
  net::wake_point more;
};

constexpr std::string_view stream_request = "GET /booking/v1/stream HTTP/1.1\r\nHost: t\r\n\r\n";

TEST_F(booking_test, passes_events_on_as_they_come) {
  event_stream events;
  fake_manager front_end(events.handler());
  start_with({front_end.address()});
  raw_client client(balancer->http_port());
  client.send(stream_request);
  EXPECT_THAT(client.read_until("\r\n\r\n"), HasSubstr("Content-Type: text/event-stream\r\n"));
  EXPECT_EQ(events.sent, 0);
  for (int i = 1; i <= 3; ++i) {
    events.allow(i);
    const std::string event = "id: " + std::to_string(i) + "\n\n";
    EXPECT_THAT(client.read_until(event), HasSubstr(event));
  }
  EXPECT_THAT(get("/metrics").body, HasSubstr("marquee_load_balancer_booking_streams 1\n"));
  client.reset();
  EXPECT_TRUE(eventually([&] { return events.ended == 1; }));
  EXPECT_TRUE(eventually([&] {
    return get("/metrics").body.find("marquee_load_balancer_booking_streams 0\n") != std::string::npos;
  }));
}

TEST_F(booking_test, cuts_a_stream_that_was_cut) {
  event_stream events;
  events.allowed = 1;
  events.breaks_off = true;
  fake_manager front_end(events.handler());
  start_with({front_end.address()});
  raw_client client(balancer->http_port());
  client.send(stream_request);
  const std::string all = client.read_all();
  EXPECT_THAT(all, HasSubstr("id: 1\n\n"));
  EXPECT_THAT(all, Not(HasSubstr("0\r\n\r\n")));
}

TEST_F(booking_test, cuts_streams_of_a_front_end_that_fell_silent) {
  event_stream events;
  events.allowed = 1;
  fake_manager front_end(events.handler());
  fake_manager other(says("other"));
  options.health_timeout_ms = 100;
  start_with({front_end.address(), other.address()});
  wait_until_healthy(2);
  raw_client client(balancer->http_port());
  client.send("GET /booking/v1/stream HTTP/1.1\r\nHost: t\r\nX-Client-Id: " +
              client_of(front_end, other.address()) + "\r\n\r\n");
  EXPECT_THAT(client.read_until("id: 1"), HasSubstr("id: 1"));
  front_end.is_silent = true;
  EXPECT_THAT(client.read_all(), Not(HasSubstr("0\r\n\r\n")));
  EXPECT_FALSE(client.timed_out());
}

TEST_F(booking_test, ends_streams_when_it_stops) {
  event_stream events;
  events.allowed = 1;
  fake_manager front_end(events.handler());
  start_with({front_end.address()});
  raw_client client(balancer->http_port());
  client.send(stream_request);
  client.read_until("id: 1");
  balancer->stop();
  client.read_all();
  EXPECT_FALSE(client.timed_out());
  EXPECT_TRUE(eventually([&] { return events.ended == 1; }));
}

}  // namespace
}  // namespace marquee::load_balancer
