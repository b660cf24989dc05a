#pragma once

#include <optional>
#include <string>

#include "base/result.h"
#include "net/deadline.h"
#include "net/task.h"

namespace marquee::net {

/// The body of an answer, read while it arrives, such as a stream of events: `http_client::open` gives it
/// when the header section is there. Holds one connection of the client; destroyed before its end it cuts
/// that connection, which tells the server at once. On the client's loop.
class http_answer_body {
 public:
  http_answer_body() = default;
  virtual ~http_answer_body() = default;
  http_answer_body(const http_answer_body&) = delete;
  http_answer_body& operator=(const http_answer_body&) = delete;

  /// What has arrived since the last call, at least a byte; nothing at the end. What is not asked for stays
  /// with the operating systems, so a slow reader slows the server down and fills no memory here. Errors:
  /// timed_out (it may be asked again), unavailable (cut before its end, or not HTTP), cancelled.
  [[nodiscard]] virtual task<result<std::optional<std::string>>> next(deadline end) = 0;
};

}  // namespace marquee::net
