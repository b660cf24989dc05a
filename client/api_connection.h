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

/// Calls of the HTTP API: JSON in, JSON out, attempts until one succeeds, fails for good or the deadline
/// passes. Blocks. Belongs to one thread at a time.
class api_connection {
 public:
  explicit api_connection(client_options options);

  /// `body` may be null. `extra_wait_ms` is added to the time of one attempt: a long poll's.
  [[nodiscard]] outcome<nlohmann::json> call(const std::string& method, const std::string& target,
                                             const nlohmann::json& body, repeatability kind,
                                             std::int64_t extra_wait_ms = 0);
  /// Attempts beyond the first, of all calls so far.
  [[nodiscard]] std::int64_t repeated_attempts() const { return repeated_attempts_; }
  [[nodiscard]] const std::string& load_balancer() const { return session_.load_balancer(); }

 private:
  outcome<nlohmann::json> attempt(const http_question& question, std::int64_t timeout_ms);

  client_options options_;
  http_session session_;
  random_source random_;
  system_clock clock_;
  std::int64_t repeated_attempts_ = 0;
};

/// Percent-encodes everything but unreserved characters (RFC 3986 section 2.3).
[[nodiscard]] std::string percent_encode(std::string_view text);

}  // namespace marquee::client
