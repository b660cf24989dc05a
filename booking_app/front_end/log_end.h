#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/result.h"
#include "net/deadline.h"
#include "net/endpoint.h"
#include "net/event_loop.h"
#include "net/http_client.h"
#include "net/task.h"
#include "net/wake_point.h"

namespace marquee::booking {

/// Where the log of commands ends, asked of its leader through Marquee's public API (`GET /topics/{topic}`
/// asks through the leader's read barrier). What is answered was asked for after the call came: calls that
/// come while a question is under way share the next one, so that any number of them costs two. On the front
/// end's loop; lives as long as a question is under way.
class log_end : public std::enable_shared_from_this<log_end> {
 public:
  struct options {
    std::vector<net::endpoint> load_balancers{};
    std::string topic{};
    std::int64_t patience_ms = 3'000;  ///< a leader that is being elected is waited for
    std::int64_t attempt_ms = 2'000;
    std::int64_t pause_ms = 100;
  };

  [[nodiscard]] static std::shared_ptr<log_end> make(net::event_loop& loop, net::http_client& client,
                                                     options wanted);

  /// The offset behind the newest acknowledged command. Errors: unavailable (no leader with a quorum can be
  /// asked), cancelled.
  [[nodiscard]] net::task<result<std::int64_t>> ask(std::stop_token cancel);

 private:
  struct question {
    std::optional<result<std::int64_t>> answer{};
    net::wake_point answered{};
  };

  log_end(net::event_loop& loop, net::http_client& client, options wanted)
      : loop_(loop), client_(client), options_(std::move(wanted)) {}
  net::task<> answer_questions();
  net::task<result<std::int64_t>> ask_cluster();
  net::task<result<std::int64_t>> ask_one(net::endpoint where, std::int64_t timeout_ms);

  net::event_loop& loop_;
  net::http_client& client_;
  const options options_;
  std::shared_ptr<question> next_;  ///< what was not sent yet
  bool asking_ = false;
  std::size_t preferred_ = 0;
};

/// `high_watermark` of partition 0 in an answer to `GET /topics/{topic}`. Errors: unavailable (its leader was
/// not reached), corrupt.
[[nodiscard]] result<std::int64_t> parse_high_watermark(std::string_view answer);

}  // namespace marquee::booking
