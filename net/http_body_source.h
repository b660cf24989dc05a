#pragma once

#include <optional>
#include <stdexcept>
#include <stop_token>
#include <string>

#include "net/task.h"

namespace marquee::net {

/// Thrown by a source whose own source ended too soon: nothing is wrong here.
class body_broken_off : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// A body that is made while it is sent, such as a stream of events. Put into `http_response::source`; the
/// server then sends it in chunks (to an HTTP/1.0 client: until the connection closes) and closes the
/// connection after it. A client that stands still for the server's write time-out is cut. Asked on the
/// server's loop, one piece at a time.
class http_body_source {
 public:
  http_body_source() = default;
  virtual ~http_body_source() = default;
  http_body_source(const http_body_source&) = delete;
  http_body_source& operator=(const http_body_source&) = delete;

  /// The next piece; nothing at the end. Not called before the piece before has been taken by the operating
  /// system, so what a slow client does not read never piles up here. `ended` is requested when the client
  /// has gone or the server stops: then return soon. An exception cuts the connection, so that the client
  /// sees that the body is not whole.
  [[nodiscard]] virtual task<std::optional<std::string>> next(std::stop_token ended) = 0;
};

}  // namespace marquee::net
