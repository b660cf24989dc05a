#include "net/stream.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <numeric>

#include "net/event_loop.h"
#include "tests/unit/net/raw_client.h"

namespace marquee::net {
namespace {

using testing::raw_client;

class streams : public ::testing::Test {
 protected:
  ~streams() override {
    if (server) server->stop();
  }
  std::uint16_t serve(listener::connection_handler handler, std::int64_t max_connections = 100,
                      listener::connection_handler on_refused = {}) {
    listener_options options;
    options.max_connections = max_connections;
    auto started = listener::listen(loop, options, std::move(handler), std::move(on_refused));
    EXPECT_TRUE(started.has_value());
    server = std::move(*started);
    return server->port();
  }

  event_loop loop{"test"};
  std::unique_ptr<listener> server;
};

task<> echo(stream connection) {
  std::array<std::uint8_t, 4096> buffer{};
  for (;;) {
    const auto count = co_await connection.read_some(buffer);
    if (!count || *count == 0) co_return;
    if (!co_await connection.write(bytes_view(buffer.data(), *count))) co_return;
  }
}

TEST_F(streams, carry_gathered_parts_whole_and_in_order) {
  const std::uint16_t port = serve(echo);
  bytes large(3'000'000);
  std::iota(large.begin(), large.end(), 0);
  std::vector<bytes_view> parts;
  for (std::size_t at = 0; at < large.size(); at += 10'000)
    parts.push_back(bytes_view(large).subspan(at, std::min<std::size_t>(10'000, large.size() - at)));
  bytes back(large.size());
  loop.spawn_and_wait([&]() -> task<void> {
    auto client = co_await connect({"127.0.0.1", port}, deadline::in_ms(5'000));
    EXPECT_TRUE(client.has_value());
    if (!client) co_return;
    loop.spawn([&]() -> task<void> { EXPECT_TRUE(co_await client->write(parts)); });
    EXPECT_TRUE(co_await client->read_exactly(back, deadline::in_ms(20'000)));
  });
  EXPECT_EQ(back, large);
}

TEST_F(streams, stay_usable_after_a_read_that_timed_out) {
  const std::uint16_t port = serve(echo);
  loop.spawn_and_wait([&]() -> task<void> {
    auto client = co_await connect({"localhost", port}, deadline::in_ms(5'000));
    EXPECT_TRUE(client.has_value());
    if (!client) co_return;
    std::array<std::uint8_t, 4> buffer{};
    for (int round = 0; round < 3; ++round) {
      const auto nothing = co_await client->read_some(buffer, deadline::in_ms(5));
      EXPECT_FALSE(nothing.has_value());
      EXPECT_EQ(nothing.error().code, error_code::timed_out);
      EXPECT_TRUE(co_await client->write(as_bytes("ping")));
      EXPECT_TRUE(co_await client->read_exactly(buffer, deadline::in_ms(5'000)));
      EXPECT_EQ(as_text(buffer), "ping");
    }
  });
}

TEST_F(streams, end_a_write_to_a_peer_that_does_not_read) {
  const std::uint16_t port = serve([](stream connection) -> task<> {
    co_await sleep_ms(300);
    connection.close();
  });
  loop.spawn_and_wait([&]() -> task<void> {
    auto client = co_await connect({"127.0.0.1", port}, deadline::in_ms(5'000));
    EXPECT_TRUE(client.has_value());
    if (!client) co_return;
    const bytes much(64 * 1024 * 1024);
    const auto written = co_await client->write(much, deadline::in_ms(20));
    EXPECT_FALSE(written.has_value());
    EXPECT_EQ(written.error().code, error_code::timed_out);
  });
}

TEST_F(streams, tell_a_cut_message_from_a_polite_end) {
  const std::uint16_t port =
      serve([](stream connection) -> task<> { (void)co_await connection.write(as_bytes("abc")); });
  loop.spawn_and_wait([&]() -> task<void> {
    auto client = co_await connect({"127.0.0.1", port}, deadline::in_ms(5'000));
    EXPECT_TRUE(client.has_value());
    if (!client) co_return;
    std::array<std::uint8_t, 8> buffer{};
    const auto cut = co_await client->read_exactly(buffer, deadline::in_ms(5'000));
    EXPECT_FALSE(cut.has_value());
    EXPECT_EQ(cut.error().code, error_code::unavailable);
    const auto end = co_await client->read_some(buffer);
    EXPECT_TRUE(end.has_value() && *end == 0);
  });
}

TEST_F(streams, end_what_is_under_way_when_they_are_closed_here) {
  const std::uint16_t port = serve(echo);
  loop.spawn_and_wait([&]() -> task<void> {
    auto client = co_await connect({"127.0.0.1", port}, deadline::in_ms(5'000));
    EXPECT_TRUE(client.has_value());
    if (!client) co_return;
    loop.post([&] { client->close(); });
    std::array<std::uint8_t, 8> buffer{};
    const auto read = co_await client->read_some(buffer);
    EXPECT_FALSE(read.has_value());
    EXPECT_EQ(read.error().code, error_code::cancelled);
  });
}

TEST_F(streams, report_a_refused_connection_as_refused) {
  const std::uint16_t port = serve(echo);
  server->stop();
  loop.spawn_and_wait([&]() -> task<void> {
    const auto refused = co_await connect({"127.0.0.1", port}, deadline::in_ms(5'000));
    EXPECT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().code, error_code::refused);
  });
}

/// A port that takes no further connection and refuses none, as one behind a cut network.
class full_port {
 public:
  full_port() {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    auto* const general = reinterpret_cast<sockaddr*>(&address);
    listening_ = ::socket(AF_INET, SOCK_STREAM, 0);
    EXPECT_EQ(::bind(listening_, general, size), 0);
    EXPECT_EQ(::listen(listening_, 0), 0);
    EXPECT_EQ(::getsockname(listening_, general, &size), 0);
    port = ntohs(address.sin_port);
    for (int& each : waiting_) {
      each = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
      (void)::connect(each, general, size);
    }
  }
  ~full_port() {
    for (const int each : waiting_) ::close(each);
    ::close(listening_);
  }
  std::uint16_t port = 0;

 private:
  int listening_ = -1;
  std::array<int, 4> waiting_{};
};

TEST_F(streams, connecting_ends_when_it_is_cancelled) {
  const full_port nobody;
  std::stop_source cancel;
  loop.post_after_ms(50, [&] { cancel.request_stop(); });
  loop.spawn_and_wait([&]() -> task<void> {
    const deadline end = deadline::in_ms(10'000);
    const auto given_up = co_await connect({"127.0.0.1", nobody.port}, end, cancel.get_token());
    EXPECT_FALSE(given_up.has_value());
    EXPECT_EQ(given_up.error().code, error_code::cancelled);
    EXPECT_FALSE(end.passed());
    const auto again = co_await connect({"127.0.0.1", nobody.port}, end, cancel.get_token());
    EXPECT_EQ(again.error().code, error_code::cancelled) << "cancelled before it began";
  });
}

TEST_F(streams, connect_to_an_unknown_name_fails_clearly) {
  loop.spawn_and_wait([&]() -> task<void> {
    const auto unknown = co_await connect({"no-such-host.invalid", 1}, deadline::in_ms(5'000));
    EXPECT_FALSE(unknown.has_value());
  });
}

TEST_F(streams, listener_names_address_and_port_when_the_port_is_taken) {
  const std::uint16_t port = serve(echo);
  listener_options again;
  again.port = port;
  const auto second = listener::listen(loop, again, echo);
  ASSERT_FALSE(second.has_value());
  EXPECT_EQ(second.error().code, error_code::unavailable);
  EXPECT_NE(second.error().message.find("127.0.0.1:" + std::to_string(port)), std::string::npos);
  EXPECT_NE(second.error().message.find("taken"), std::string::npos);
}

TEST_F(streams, listener_hands_connections_over_its_limit_to_the_refusal) {
  const std::uint16_t port =
      serve(echo, 1, [](stream connection) -> task<> { (void)co_await connection.write(as_bytes("full")); });
  raw_client first(port);
  first.send("x");
  EXPECT_EQ(first.read_until("x"), "x");
  raw_client second(port);
  EXPECT_EQ(second.read_all(), "full");
  first.close();
  while (server->connections() > 0) std::this_thread::yield();
  raw_client third(port);
  third.send("y");
  EXPECT_EQ(third.read_until("y"), "y");
}

TEST_F(streams, listener_closes_its_connections_when_it_stops) {
  const std::uint16_t port = serve(echo);
  raw_client client(port);
  client.send("x");
  client.read_until("x");
  server->stop();
  client.read_all();
  EXPECT_FALSE(client.timed_out());
}

TEST(listener_options, refuse_what_others_can_reach_unless_the_operator_insists) {
  listener_options options;
  EXPECT_TRUE(check_listener(options, false));
  options.address = "::1";
  EXPECT_TRUE(check_listener(options, false));
  for (const char* reachable : {"0.0.0.0", "192.168.1.4", "::"}) {
    options.address = reachable;
    const auto refused = check_listener(options, false);
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().code, error_code::refused);
    EXPECT_NE(refused.error().message.find("--insecure-network"), std::string::npos);
    EXPECT_TRUE(check_listener(options, true));
  }
  options.address = "localhost";
  EXPECT_FALSE(check_listener(options, true));
}

TEST(endpoint, reads_what_it_writes) {
  for (const char* text : {"127.0.0.1:80", "broker-1:9092", "[::1]:8080"}) {
    const auto where = parse_endpoint(text);
    ASSERT_TRUE(where.has_value()) << text;
    EXPECT_EQ(to_string(*where), text);
  }
  EXPECT_EQ(parse_endpoint("http://host:81/")->port, 81);
  for (const char* text :
       {"", "host", ":80", "host:", "host:0", "host:65536", "host:8x", "::1:80", "a b:80", "[::1:80"})
    EXPECT_FALSE(parse_endpoint(text).has_value()) << text;
}

}  // namespace
}  // namespace marquee::net
