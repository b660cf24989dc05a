#pragma once

#include <httplib.h>

#include <functional>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "client/client_options.h"

namespace marquee::client {

/// Options whose pauses and limits suit a server that answers at once.
inline client_options quick(std::vector<std::string> load_balancers) {
  return {.load_balancers = std::move(load_balancers),
          .connect_timeout_ms = 500,
          .attempt_timeout_ms = 2'000,
          .deadline_ms = 5'000,
          .first_pause_ms = 1,
          .longest_pause_ms = 2};
}

/// A request as the scripted server saw it.
struct seen_request {
  std::string method;
  std::string target;
  nlohmann::json body;
  httplib::Headers headers{};

  [[nodiscard]] std::string header(const std::string& name) const {
    const auto found = headers.find(name);
    return found == headers.end() ? std::string() : found->second;
  }
};

/// Stands in for a load balancer on a port of its own: `respond` answers the n-th request (from 0).
class scripted_server {
 public:
  using responder = std::function<void(std::size_t number, const seen_request&, httplib::Response&)>;

  explicit scripted_server(responder respond) : respond_(std::move(respond)) {
    const auto handle = [this](const httplib::Request& request, httplib::Response& response) {
      const seen_request seen{request.method, request.target,
                              nlohmann::json::parse(request.body, nullptr, false), request.headers};
      std::size_t number = 0;
      {
        const std::lock_guard lock(mutex_);
        number = seen_.size();
        seen_.push_back(seen);
      }
      respond_(number, seen, response);
    };
    server_.Get(".*", handle);
    server_.Post(".*", handle);
    server_.Put(".*", handle);
    server_.Patch(".*", handle);
    server_.Delete(".*", handle);
    server_.set_tcp_nodelay(true);
    port_ = server_.bind_to_any_port("127.0.0.1");
    thread_ = std::thread([this] { server_.listen_after_bind(); });
  }
  scripted_server(const scripted_server&) = delete;
  scripted_server& operator=(const scripted_server&) = delete;
  ~scripted_server() {
    // `stop` before the server runs would be overlooked.
    while (!server_.is_running()) std::this_thread::yield();
    server_.stop();
    thread_.join();
  }

  [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  [[nodiscard]] std::vector<seen_request> seen() {
    const std::lock_guard lock(mutex_);
    return seen_;
  }

 private:
  responder respond_;
  httplib::Server server_;
  std::mutex mutex_;
  std::vector<seen_request> seen_;
  int port_ = 0;
  std::thread thread_;
};

inline void answer(httplib::Response& response, int status, const nlohmann::json& body) {
  response.status = status;
  response.set_content(body.dump(), "application/json");
}

inline void answer_failure(httplib::Response& response, int status, const std::string& code, bool retriable,
                           const std::string& outcome) {
  answer(response, status,
         {{"status", "failure"},
          {"code", code},
          {"message", "told to fail"},
          {"component", "load_balancer/lb-1"},
          {"retriable", retriable},
          {"outcome", outcome}});
}

}  // namespace marquee::client
