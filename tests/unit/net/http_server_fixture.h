#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "net/event_loop.h"
#include "net/http_router.h"
#include "net/http_server.h"
#include "tests/unit/net/raw_client.h"

namespace marquee::net::testing {

/// A server on a free port whose handler a test may replace. Time-outs are short where a test waits for them.
class http_server_fixture : public ::testing::Test {
 protected:
  http_server_fixture() { options.component = "test/server"; }
  ~http_server_fixture() override {
    if (server) server->stop(0);
  }
  std::uint16_t start(http_handler handler) {
    auto started = http_server::start(loop, where, options, std::move(handler));
    EXPECT_TRUE(started.has_value());
    server = std::move(*started);
    return server->port();
  }
  /// Answers with method, path and body as it understood them.
  static task<http_response> mirror(http_exchange& exchange) {
    co_return text_response(exchange.request.method + " " + exchange.request.path + " [" +
                            exchange.request.body + "]\n");
  }
  /// Sends `request` on a new connection and reads until the server closes it.
  std::string answer_to(std::string_view request) {
    raw_client client(server->port());
    client.send(request);
    client.finish_sending();
    std::string answer = client.read_all();
    EXPECT_FALSE(client.timed_out()) << "the server neither answered nor closed";
    return answer;
  }

  event_loop loop{"test"};
  listener_options where;
  http_server_options options;
  std::unique_ptr<http_server> server;
};

inline int status_of(const std::string& answer) {
  return answer.size() > 12 && answer.starts_with("HTTP/1.") ? std::stoi(answer.substr(9, 3)) : 0;
}

}  // namespace marquee::net::testing
