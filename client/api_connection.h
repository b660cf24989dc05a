#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/random.h"
#include "client/api_failure.h"
#include "client/http_session.h"
#include "client/retry_policy.h"

namespace marquee::client {

/// Bounds and peculiarities of one call.
struct call_limits {
  /// Added to the time of one attempt: a long poll's.
  std::int64_t extra_wait_ms = 0;
  /// Instead of the options' own, where a call is a part of a longer one.
  std::optional<std::int64_t> deadline_ms{};
  /// An answer that has `results` is given to the caller, even if it is a failure: each item is judged alone.
  bool takes_failed_results = false;
};

/// Calls of the HTTP API: JSON in, JSON out, attempts until one succeeds, fails for good or the deadline
/// passes. Blocks. Belongs to one thread at a time. If any attempt may have taken effect, the failure says
/// so, even if the last attempt certainly had none.
class api_connection {
 public:
  explicit api_connection(client_options options);

  /// `body` may be null. Text in it that is not UTF-8 is a failure of its own, BAD_ARGUMENT.
  [[nodiscard]] outcome<nlohmann::json> call(const std::string& method, const std::string& target,
                                             const nlohmann::json& body, repeatability kind,
                                             const call_limits& limits = {});
  /// The same with a body that is JSON text already; empty for none.
  [[nodiscard]] outcome<nlohmann::json> call_with_text(const std::string& method, const std::string& target,
                                                       std::string body, repeatability kind,
                                                       const call_limits& limits = {});
  /// Sleeps, at most until the call is cancelled. False if it is.
  bool pause(std::int64_t duration_ms);
  [[nodiscard]] const client_options& options() const { return options_; }
  [[nodiscard]] random_source& random() { return random_; }
  [[nodiscard]] std::int64_t now_ms() const { return clock_.monotonic_ms(); }
  void count_repeated_attempt() { ++repeated_attempts_; }
  /// Attempts beyond the first, of all calls so far.
  [[nodiscard]] std::int64_t repeated_attempts() const { return repeated_attempts_; }
  [[nodiscard]] const std::string& load_balancer() const { return session_.load_balancer(); }

 private:
  outcome<nlohmann::json> attempt(const http_question& question, std::int64_t timeout_ms,
                                  bool takes_failed_results);
  [[nodiscard]] bool is_cancelled() const;

  client_options options_;
  http_session session_;
  random_source random_;
  system_clock clock_;
  std::int64_t repeated_attempts_ = 0;
};

/// What a call answers whose body cannot be written as JSON.
[[nodiscard]] api_failure not_text();

/// Percent-encodes everything but unreserved characters (RFC 3986 section 2.3).
[[nodiscard]] std::string percent_encode(std::string_view text);

}  // namespace marquee::client
