#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <string>

#include "net/event_loop.h"
#include "net/http_router.h"
#include "net/http_server.h"
#include "net/wake_point.h"

namespace marquee::load_balancer::testing {

/// A manager that is ready and otherwise does what a test says. It has a loop of its own, as a process would.
class fake_manager {
 public:
  explicit fake_manager(net::http_handler handler) {
    router_.add("GET", "/ready", [this](net::http_exchange& exchange) -> net::task<net::http_response> {
      ++probes;
      if (is_silent) {
        net::notifier never;
        (void)co_await never.wait(0, net::deadline::in_ms(10'000), exchange.client_gone_token());
      }
      co_return net::json_response("{}", is_ready ? 200 : 503);
    });
    router_.add("POST", "/internal/load-balancers", [](net::http_exchange&) -> net::task<net::http_response> {
      co_return net::json_response(R"({"status":"success"})");
    });
    router_.add(
        "GET", "/internal/managers", [this](net::http_exchange& exchange) -> net::task<net::http_response> {
          last_discovery_proof = std::string(exchange.request.headers.get("X-Marquee-Cluster-Secret-Proof"));
          co_return net::json_response(managers.empty() || !announces ? R"({"managers":[]})" : managers);
        });
    router_.otherwise([this, handler = std::move(handler)](net::http_exchange& exchange) {
      ++requests;
      return handler(exchange);
    });
    start(0);
  }
  ~fake_manager() { stop(); }
  void start(std::uint16_t port) {
    auto started =
        net::http_server::start(loop_, {.port = port}, {.component = "fake"}, router_.as_handler());
    EXPECT_TRUE(started.has_value());
    server_ = std::move(*started);
    port_ = server_->port();
  }
  void stop() {
    if (server_) server_->stop(0);
    server_.reset();
  }
  [[nodiscard]] std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
  [[nodiscard]] std::uint16_t port() const { return port_; }

  std::atomic<bool> is_ready{true};
  std::atomic<bool> is_silent{false};  ///< does not answer health checks
  std::atomic<bool> announces{true};
  std::atomic<int> probes{0};
  std::atomic<int> requests{0};
  std::string managers;  ///< the answer to GET /internal/managers; set before the load balancer starts
  std::string last_discovery_proof;

 private:
  net::http_router router_{"fake"};
  net::event_loop loop_{"fake"};
  std::unique_ptr<net::http_server> server_;
  std::uint16_t port_ = 0;
};

}  // namespace marquee::load_balancer::testing
