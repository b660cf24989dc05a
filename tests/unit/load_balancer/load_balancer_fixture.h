#pragma once

#include <gmock/gmock.h>

#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "load_balancer/load_balancer_process.h"
#include "net/stream.h"
#include "net/wake_point.h"
#include "tests/unit/load_balancer/fake_manager.h"
#include "tests/unit/net/raw_client.h"

namespace marquee::load_balancer::testing {

using net::http_exchange;
using net::http_response;
using net::task;
using net::testing::raw_client;

struct answer {
  int status = 0;
  std::string head;
  std::string body;
  [[nodiscard]] nlohmann::json json() const { return nlohmann::json::parse(body, nullptr, false); }
};

inline net::http_handler says(std::string text) {
  return [text](http_exchange&) -> task<http_response> { co_return net::json_response("\"" + text + "\""); };
}
/// A load balancer between real sockets and managers that do what each test wants.
class load_balancer_test : public ::testing::Test {
 protected:
  load_balancer_test() {
    options.process.http.port = 0;
    options.health_interval_ms = 20;
    options.discovery_interval_ms = 20;
  }
  void start(const std::vector<std::string>& writers, const std::vector<std::string>& readers) {
    options.write_managers = writers;
    options.read_managers = readers;
    auto started = load_balancer_process::start(options);
    ASSERT_TRUE(started.has_value()) << started.error().message;
    balancer = std::move(*started);
  }
  /// Waits until the load balancer has used the answer of a first health check.
  static void settle(const std::vector<fake_manager*>& managers) {
    for (const fake_manager* each : managers) EXPECT_TRUE(eventually([&] { return each->probes >= 2; }));
  }
  answer ask(std::string_view request) {
    raw_client client(balancer->http_port());
    client.send(request);
    const std::string all = client.read_all();
    const std::size_t end = all.find("\r\n\r\n");
    if (end == std::string::npos) return {};
    return {std::stoi(all.substr(9, 3)), all.substr(0, end), all.substr(end + 4)};
  }
  answer get(const std::string& target, const std::string& fields = "") {
    return ask("GET " + target + " HTTP/1.1\r\nHost: t\r\n" + fields + "Connection: close\r\n\r\n");
  }
  answer post(const std::string& target, const std::string& body) {
    return ask("POST " + target + " HTTP/1.1\r\nHost: t\r\nConnection: close\r\nContent-Length: " +
               std::to_string(body.size()) + "\r\n\r\n" + body);
  }
  /// Polls until the condition holds; the deadline is for a test that fails.
  static bool eventually(const std::function<bool()>& condition) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (std::chrono::steady_clock::now() < end) {
      if (condition()) return true;
      std::this_thread::yield();
    }
    return false;
  }
  /// A port on which every request is read and its connection closed without a word, as by a process that is
  /// killed; one that `says_ready` does so only when work comes.
  std::string black_hole(bool says_ready = false) {
    const auto swallow = [this, says_ready](net::stream connection) -> task<> {
      std::vector<std::uint8_t> buffer(65536);
      const auto count = co_await connection.read_some(buffer);
      if (count && as_text(bytes_view(buffer.data(), *count)).starts_with("POST /producer"))
        ++swallowed_produces;
      if (says_ready && count && as_text(bytes_view(buffer.data(), *count)).starts_with("GET /ready"))
        (void)co_await connection.write(
            as_bytes(std::string_view("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")));
    };
    holes.push_back(std::move(*net::listener::listen(loop, {}, swallow)));
    return "127.0.0.1:" + std::to_string(holes.back()->port());
  }
  ~load_balancer_test() override {
    if (balancer) balancer->stop();
    for (const auto& hole : holes) hole->stop();
  }

  std::atomic<int> swallowed_produces{0};
  net::event_loop loop{"test"};
  std::vector<std::unique_ptr<net::listener>> holes;
  load_balancer_options options;
  std::unique_ptr<load_balancer_process> balancer;
};

}  // namespace marquee::load_balancer::testing
