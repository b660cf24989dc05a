#include "net/http_answer_body.h"

#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <stdexcept>
#include <utility>

#include "net/http_body_source.h"
#include "net/http_client.h"
#include "net/wake_point.h"
#include "tests/unit/net/http_server_fixture.h"

namespace marquee::net {
namespace {

/// Gives piece after piece, each only when the test allows it; ends when there are no more.
class counted_source final : public http_body_source {
 public:
  struct script {
    std::atomic<int> allowed{0};
    std::atomic<int> made{0};
    std::atomic<bool> ended{false};
    int pieces = 0;
    std::size_t piece_bytes = 10;
    bool breaks_off = false;
    wake_point more;
  };
  explicit counted_source(std::shared_ptr<script> what) : script_(std::move(what)) {}
  ~counted_source() override { script_->ended = true; }
  task<std::optional<std::string>> next(std::stop_token ended) override {
    for (;;) {
      const std::uint64_t seen = script_->more.generation();
      if (script_->made < script_->allowed) break;
      if (script_->made == script_->pieces && script_->breaks_off) throw std::runtime_error("by the test");
      if (script_->made == script_->pieces) co_return std::nullopt;
      if (co_await script_->more.wait(seen, deadline::in_ms(10'000), ended) != wake_reason::woken)
        co_return std::nullopt;
    }
    co_return std::string(script_->piece_bytes, static_cast<char>('a' + script_->made++ % 26));
  }

 private:
  const std::shared_ptr<script> script_;
};

class http_answer_body_test : public testing::http_server_fixture {
 protected:
  http_answer_body_test() {
    start([script = script](http_exchange& exchange) -> task<http_response> {
      if (exchange.request.path == "/whole") co_return text_response("whole");
      http_response response = text_response("", 201);
      response.headers.add("X-A", "b");
      response.source = std::make_shared<counted_source>(script);
      co_return response;
    });
  }
  ~http_answer_body_test() override {
    on_client([&]() -> task<void> {
      opened.body.reset();
      client.reset();
      co_return;
    });
  }
  void on_client(const std::function<task<void>()>& work) { client_loop.spawn_and_wait(work); }
  void open(const std::string& target = "/", http_call_options call = {}) {
    on_client([&]() -> task<void> {
      opened = co_await client->open({"127.0.0.1", server->port()}, {.target = target}, call);
    });
    ASSERT_TRUE(opened.response.has_value()) << opened.response.error().message;
    ASSERT_NE(opened.body, nullptr);
  }
  result<std::optional<std::string>> next(std::int64_t within_ms = 10'000) {
    result<std::optional<std::string>> piece;
    on_client([&]() -> task<void> { piece = co_await opened.body->next(deadline::in_ms(within_ms)); });
    return piece;
  }
  /// All pieces until the end.
  std::string rest() {
    std::string all;
    for (;;) {
      const auto piece = next();
      EXPECT_TRUE(piece.has_value()) << piece.error().message;
      if (!piece || !*piece) return all;
      all += **piece;
    }
  }
  void allow(int pieces) {
    script->allowed = pieces;
    script->more.wake_all();
  }
  bool wait_until(const std::function<bool()>& done) {
    const deadline end = deadline::in_ms(10'000);
    while (!done() && !end.passed()) loop.run_and_wait([] {});
    return done();
  }

  std::shared_ptr<counted_source::script> script = std::make_shared<counted_source::script>();
  event_loop client_loop{"client"};
  std::unique_ptr<http_client> client = std::make_unique<http_client>(client_loop);
  http_outcome opened{.response = fail(error_code::internal, "nothing")};
};

TEST_F(http_answer_body_test, comes_piece_by_piece_while_the_server_still_makes_it) {
  script->pieces = 3;
  open();
  EXPECT_EQ(opened.response->status, 201);
  EXPECT_EQ(opened.response->headers.get("x-a"), "b");
  EXPECT_EQ(script->made, 0);
  allow(1);
  EXPECT_EQ(**next(), "aaaaaaaaaa");
  EXPECT_EQ(script->made, 1);
  allow(3);
  EXPECT_EQ(rest(), "bbbbbbbbbbcccccccccc");
}

TEST_F(http_answer_body_test, can_be_asked_again_after_a_deadline) {
  script->pieces = 1;
  open();
  EXPECT_EQ(next(1).error().code, error_code::timed_out);
  allow(1);
  EXPECT_EQ(**next(), "aaaaaaaaaa");
}

TEST_F(http_answer_body_test, that_was_read_to_its_end_leaves_the_connection_for_the_next_call) {
  open("/whole");
  EXPECT_EQ(rest(), "whole");
  EXPECT_FALSE(next()->has_value());
  opened.body.reset();
  open("/whole");
  EXPECT_EQ(rest(), "whole");
  EXPECT_TRUE(wait_until([&] { return server->connections() == 1; }));
}

TEST_F(http_answer_body_test, given_up_by_its_reader_ends_at_the_server) {
  script->pieces = 2;
  script->allowed = 1;
  open();
  EXPECT_EQ(**next(), "aaaaaaaaaa");
  on_client([&]() -> task<void> {
    opened.body.reset();
    co_return;
  });
  EXPECT_TRUE(wait_until([&] { return script->ended.load(); }));
  EXPECT_TRUE(wait_until([&] { return server->connections() == 0; }));
}

TEST_F(http_answer_body_test, ends_when_its_call_is_cancelled) {
  script->pieces = 1;
  std::stop_source cancel;
  open("/", {.cancel = cancel.get_token()});
  cancel.request_stop();
  EXPECT_EQ(next().error().code, error_code::cancelled);
  EXPECT_TRUE(wait_until([&] { return script->ended.load(); }));
}

TEST_F(http_answer_body_test, that_the_server_breaks_off_is_an_error_and_no_end) {
  script->pieces = 1;
  script->allowed = 1;
  script->breaks_off = true;
  open();
  EXPECT_EQ(**next(), "aaaaaaaaaa");
  EXPECT_EQ(next().error().code, error_code::unavailable);
}

TEST_F(http_answer_body_test, holds_the_server_back_while_nobody_reads) {
  script->pieces = 1'000;
  script->piece_bytes = 1024 * 1024;
  script->allowed = script->pieces;
  open();
  EXPECT_TRUE(wait_until([&] { return script->made > 1; }));
  // The sockets of both sides hold a few pieces; when they are full the server is asked for no more.
  int made = 0;
  for (int unchanged = 0; unchanged < 500; ++unchanged) {
    client_loop.run_and_wait([] {});
    loop.run_and_wait([] {});
    if (std::exchange(made, script->made) != made) unchanged = 0;
  }
  EXPECT_LT(script->made, 100);
  EXPECT_LT((*next())->size(), 1024U * 1024);
}

TEST_F(http_answer_body_test, outlives_its_client) {
  script->pieces = 1;
  open();
  on_client([&]() -> task<void> {
    client.reset();
    co_return;
  });
  EXPECT_EQ(next().error().code, error_code::cancelled);
}

}  // namespace
}  // namespace marquee::net
