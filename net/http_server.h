#pragma once

#include <cstdint>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>

#include "base/config.h"
#include "base/metrics.h"
#include "base/result.h"
#include "net/http_exchange.h"
#include "net/listener_options.h"

namespace marquee::net {

class event_loop;

/// Limits of http-api.md; each has an answer when it is reached.
struct http_server_options {
  /// Named in the server's own errors, such as "write_manager/wm-1".
  std::string component = "server";
  std::int64_t max_body_bytes = 8 * 1024 * 1024;      ///< 413 BODY_TOO_LARGE
  std::int64_t max_header_section_bytes = 64 * 1024;  ///< 431 HEADERS_TOO_LARGE
  std::int64_t header_timeout_ms = 10'000;            ///< 408, counted from the first byte of a request
  std::int64_t body_timeout_ms = 30'000;              ///< 408
  std::int64_t idle_timeout_ms = 75'000;   ///< a connection without a request is closed without an answer
  std::int64_t write_timeout_ms = 30'000;  ///< a client that does not read its answer is cut
  std::int64_t max_body_bytes_in_flight = 256LL * 1024 * 1024;  ///< bodies of all connections: 503 beyond it
};

/// In every answer of a process that is about to stop: whoever has a choice goes elsewhere.
inline constexpr std::string_view stopping_field = "X-Marquee-Stopping";

/// Adds `<prefix>.max_body_bytes` and so on.
void describe(config_schema& schema, const std::string& prefix, http_server_options& options);

/// An HTTP/1.1 (and 1.0) server on one loop: keep-alive, pipelined requests answered in order, chunked
/// bodies, Expect: 100-continue, HEAD. Whatever arrives gets an answer or a closed connection: nothing that a
/// client sends ends the process or holds more than the limits. Made and destroyed on any thread but the
/// loop's; call `stop` first.
class http_server {
 public:
  /// Binds and begins to serve. Errors as for listener::listen.
  [[nodiscard]] static result<std::unique_ptr<http_server>> start(event_loop& loop,
                                                                  const listener_options& where,
                                                                  const http_server_options& options,
                                                                  http_handler handler,
                                                                  metrics_registry* metrics = nullptr);
  ~http_server();
  http_server(const http_server&) = delete;
  http_server& operator=(const http_server&) = delete;

  [[nodiscard]] std::uint16_t port() const;
  [[nodiscard]] std::size_t connections() const;
  /// Goes on serving, new connections too, but each answer says that it is the last one on its connection and
  /// has the field `stopping_field`; `stopping()` of exchanges is true and `stopping_token` requested. So
  /// clients leave between two requests instead of within one. From any thread.
  void announce_stop();
  /// True as soon as no connection is open; false when `limit_ms` have passed. Not on the loop's thread.
  bool wait_until_unused(std::int64_t limit_ms);
  /// Announces, stops accepting, closes idle connections, lets requests in flight finish for up to
  /// `grace_ms`, then closes the rest. Blocks; from any thread but the loop's.
  void stop(std::int64_t grace_ms = 5'000);
  [[nodiscard]] std::stop_token stopping_token() const;

 private:
  struct state;
  explicit http_server(std::shared_ptr<state> state);
  std::shared_ptr<state> state_;
};

}  // namespace marquee::net
