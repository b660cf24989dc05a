#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "net/deadline.h"
#include "net/http_message.h"
#include "net/task.h"

namespace marquee::net {

/// One request on its way to its answer, as a handler sees it. Owned by the connection, lives until the
/// handler has returned; on the server's loop only (but `client_gone_token` may travel).
class http_exchange {
 public:
  http_exchange() = default;
  virtual ~http_exchange() = default;
  http_exchange(const http_exchange&) = delete;
  http_exchange& operator=(const http_exchange&) = delete;

  http_request request;
  /// Taken from X-Request-Id or made; the server returns it by itself.
  std::string request_id;
  /// From X-Deadline-Ms (what is left of the caller's patience, in ms), else never. A handler takes the
  /// earlier of this and its own limit.
  deadline request_deadline = deadline::never();
  std::vector<std::pair<std::string, std::string>> path_parameters;
  std::chrono::steady_clock::time_point received_at = std::chrono::steady_clock::now();

  /// The decoded part of the path that the route's `{name}` stands for.
  [[nodiscard]] std::string_view path_parameter(std::string_view name) const;
  [[nodiscard]] std::int64_t elapsed_us() const;

  /// Sends an interim answer, such as 102, now. Does nothing (successfully) for HTTP/1.0. Errors:
  /// unavailable.
  [[nodiscard]] virtual task<result<>> send_interim(int status) = 0;
  /// Sends 102 every `interval_ms` until the handler returns, so that the sender sees that this process still
  /// runs. Does nothing for HTTP/1.0.
  virtual void show_life_every_ms(std::int64_t interval_ms) = 0;
  /// Requested as soon as the client has closed or reset its connection, and when the server gives up waiting
  /// at its stop. Give it to `future::wait`, `notifier::wait` and `http_client::send`, so that nothing goes
  /// on for nobody.
  [[nodiscard]] virtual std::stop_token client_gone_token() const = 0;
  [[nodiscard]] bool client_gone() const { return client_gone_token().stop_requested(); }
  /// The server is being stopped: long polls should answer now.
  [[nodiscard]] virtual bool stopping() const = 0;
};

/// Runs on the server's loop. An exception becomes 500 INTERNAL and a log line.
using http_handler = std::function<task<http_response>(http_exchange&)>;

}  // namespace marquee::net
