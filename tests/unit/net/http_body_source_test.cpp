#include "net/http_body_source.h"

#include <gmock/gmock.h>

#include <atomic>
#include <functional>
#include <stdexcept>

#include "net/wake_point.h"
#include "tests/unit/net/http_server_fixture.h"

namespace marquee::net {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::raw_client;

/// What a test wants to know about a source that the server owns.
struct observed {
  std::atomic<int> asked{0};
  std::atomic<bool> destroyed{false};
};

class scripted_source final : public http_body_source {
 public:
  using script = std::function<task<std::optional<std::string>>(int, std::stop_token)>;
  scripted_source(script what, std::shared_ptr<observed> seen)
      : script_(std::move(what)), seen_(std::move(seen)) {}
  ~scripted_source() override { seen_->destroyed = true; }
  task<std::optional<std::string>> next(std::stop_token ended) override {
    return script_(seen_->asked++, std::move(ended));
  }

 private:
  script script_;
  std::shared_ptr<observed> seen_;
};

class http_body_source_test : public testing::http_server_fixture {
 protected:
  std::uint16_t start_with(scripted_source::script script) {
    return start([script, seen = seen](http_exchange&) -> task<http_response> {
      http_response response = text_response("");
      response.source = std::make_shared<scripted_source>(script, seen);
      co_return response;
    });
  }
  static task<std::optional<std::string>> three_pieces(int number, std::stop_token) {
    if (number == 3) co_return std::nullopt;
    co_return "piece " + std::to_string(number) + "\n";
  }
  /// Ends when the client goes or the server stops.
  static task<std::optional<std::string>> one_piece_then_silence(int number, std::stop_token ended) {
    if (number == 0) co_return "hello\n";
    const wake_point never;
    (void)co_await never.wait(never.generation(), deadline::never(), std::move(ended));
    co_return std::nullopt;
  }
  bool wait_until(const std::function<bool()>& done) {
    const deadline end = deadline::in_ms(10'000);
    while (!done() && !end.passed()) loop.run_and_wait([] {});
    return done();
  }

  std::shared_ptr<observed> seen = std::make_shared<observed>();
};

TEST_F(http_body_source_test, is_sent_in_chunks_that_end_with_an_empty_one) {
  raw_client client(start_with(three_pieces));
  client.send("GET / HTTP/1.1\r\nHost: t\r\n\r\n");
  const std::string answer = client.read_all();
  EXPECT_THAT(answer, HasSubstr("Transfer-Encoding: chunked\r\n"));
  EXPECT_THAT(answer, HasSubstr("Connection: close\r\n"));
  EXPECT_THAT(answer, Not(HasSubstr("Content-Length")));
  EXPECT_THAT(answer, EndsWith("\r\n\r\n8\r\npiece 0\n\r\n8\r\npiece 1\n\r\n8\r\npiece 2\n\r\n0\r\n\r\n"));
}

TEST_F(http_body_source_test, ends_with_the_connection_for_a_client_of_http_1_0) {
  raw_client client(start_with(three_pieces));
  client.send("GET / HTTP/1.0\r\n\r\n");
  const std::string answer = client.read_all();
  EXPECT_THAT(answer, Not(HasSubstr("chunked")));
  EXPECT_THAT(answer, EndsWith("\r\n\r\npiece 0\npiece 1\npiece 2\n"));
}

TEST_F(http_body_source_test, is_not_asked_for_the_answer_to_head) {
  raw_client client(start_with(three_pieces));
  client.send("HEAD / HTTP/1.1\r\nHost: t\r\n\r\n");
  EXPECT_THAT(client.read_all(), EndsWith("\r\n\r\n"));
  EXPECT_EQ(seen->asked, 0);
  EXPECT_TRUE(wait_until([&] { return seen->destroyed.load(); }));
}

TEST_F(http_body_source_test, waits_for_a_client_that_does_not_read) {
  constexpr std::size_t piece = std::size_t{1} << 20;
  options.write_timeout_ms = 200;
  start_with(
      [](int, std::stop_token) -> task<std::optional<std::string>> { co_return std::string(piece, 'x'); });
  raw_client client(server->port());
  client.send("GET / HTTP/1.1\r\nHost: t\r\n\r\n");
  EXPECT_TRUE(wait_until([&] { return seen->destroyed.load(); })) << "it has to be cut in the end";
  EXPECT_LT(seen->asked, 32) << "pieces were asked for that nobody took";
  EXPECT_THAT(client.read_all(), Not(EndsWith("0\r\n\r\n"))) << "cut off must not look whole";
}

TEST_F(http_body_source_test, is_told_when_the_client_goes_away) {
  for (const bool politely : {true, false}) {
    seen = std::make_shared<observed>();
    if (server) server->stop(0);
    start_with(one_piece_then_silence);
    raw_client client(server->port());
    client.send("GET / HTTP/1.1\r\nHost: t\r\n\r\n");
    client.read_until("hello\n");
    if (politely)
      client.close();
    else
      client.reset();
    EXPECT_TRUE(wait_until([&] { return seen->destroyed.load(); })) << politely;
    EXPECT_TRUE(wait_until([&] { return server->connections() == 0; }));
  }
}

TEST_F(http_body_source_test, ends_whole_when_the_server_stops) {
  raw_client client(start_with(one_piece_then_silence));
  client.send("GET / HTTP/1.1\r\nHost: t\r\n\r\n");
  client.read_until("hello\n");
  server->stop(5'000);
  EXPECT_THAT(client.read_all(), EndsWith("hello\n\r\n0\r\n\r\n"));
}

TEST_F(http_body_source_test, that_throws_cuts_the_connection) {
  raw_client client(start_with([](int number, std::stop_token) -> task<std::optional<std::string>> {
    if (number == 1) throw std::runtime_error("planted");
    co_return "hello\n";
  }));
  client.send("GET / HTTP/1.1\r\nHost: t\r\n\r\n");
  EXPECT_THAT(client.read_all(), EndsWith("hello\n\r\n"));
}

}  // namespace
}  // namespace marquee::net
