#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <stop_token>

#include "base/result.h"
#include "net/deadline.h"
#include "net/endpoint.h"
#include "net/http_message.h"
#include "net/task.h"

namespace marquee::net {

class event_loop;
class http_answer_body;

struct http_client_options {
  std::int64_t max_connections_per_endpoint = 64;
  std::int64_t max_waiting_per_endpoint = 1024;  ///< calls that wait for a connection; beyond it: overloaded
  std::int64_t max_response_bytes = 128LL * 1024 * 1024;
  std::int64_t connect_timeout_ms = 2'000;
  std::int64_t idle_timeout_ms = 30'000;  ///< unused connections are closed after this
};

struct http_call_options {
  std::int64_t timeout_ms = 10'000;
  /// In addition to `timeout_ms`; the earlier counts.
  deadline end = deadline::never();
  /// Requested: the call ends with `cancelled` and its connection is closed, which tells the server.
  std::stop_token cancel = {};
  /// Called for each 1xx answer before the final one.
  std::function<void(int status)> on_interim = {};
  /// Send once more, on a new connection, if a reused connection was closed before a byte of the answer came.
  /// Only for requests that may happen twice.
  bool resend_if_stale = false;
};

/// How a call ended, with what a retry decision needs.
struct http_outcome {
  /// Errors: refused (nobody listens), unavailable (reset, closed, not HTTP), timed_out, cancelled,
  /// overloaded, too_large.
  result<http_response> response;
  /// False proves that the server has not seen the request.
  bool sent_any_byte = false;
  /// The connection was refused, or reset or closed by the other side.
  bool refused_or_reset = false;
  /// It was a connection that had served before: its reset says nothing about the request.
  bool reused_connection = false;
  /// Of `open` where there is a response: its body.
  std::shared_ptr<http_answer_body> body = {};
};

/// An asynchronous HTTP/1.1 client with a bounded pool of connections for each endpoint. Belongs to a loop:
/// `send` is awaited there. Nothing is ever sent twice unless the call says so. Destroyed on its loop or
/// after the loop stopped; calls under way end with `cancelled`.
class http_client {
 public:
  explicit http_client(event_loop& loop, http_client_options options = {});
  ~http_client();
  http_client(const http_client&) = delete;
  http_client& operator=(const http_client&) = delete;

  /// Content-Length, Host and Connection are written by the client, whatever the request says.
  [[nodiscard]] task<http_outcome> send(endpoint where, http_request request, http_call_options options = {});
  /// The same without taking the request over: it must live and stay as it is until this returns.
  [[nodiscard]] task<http_outcome> send_borrowed(endpoint where, const http_request& request,
                                                 http_call_options options = {});

  /// The same until the header section of the answer has come; `body` of the outcome reads on. The deadline
  /// and `max_response_bytes` are for what comes before; `cancel` ends the body, too.
  [[nodiscard]] task<http_outcome> open(endpoint where, const http_request& request,
                                        http_call_options options = {});

  /// Closes the idle connections to an endpoint that is known to be gone.
  void forget(const endpoint& where);
  /// Open connections, idle ones too.
  [[nodiscard]] std::size_t connections() const;

 private:
  struct state;
  class open_body;
  enum class wanted : std::uint8_t { header, whole };
  [[nodiscard]] static task<http_outcome> call(std::shared_ptr<state> self, endpoint where,
                                               const http_request& request, http_call_options options,
                                               wanted part);
  std::shared_ptr<state> state_;
};

}  // namespace marquee::net
