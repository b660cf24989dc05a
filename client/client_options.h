#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace marquee::client {

/// How a client reaches the cluster and how long it tries.
struct client_options {
  /// Base URLs, such as "http://127.0.0.1:8080". Used in order; the next one is tried when one does not
  /// answer.
  std::vector<std::string> load_balancers = {"http://127.0.0.1:8080"};
  std::int64_t connect_timeout_ms = 2'000;
  /// One attempt. Above the load balancer's own time-out, so that its explanation arrives (DESIGN D21).
  std::int64_t attempt_timeout_ms = 20'000;
  /// All attempts of one call together.
  std::int64_t deadline_ms = 60'000;
  /// The first pause between two attempts; it doubles up to `longest_pause_ms`.
  std::int64_t first_pause_ms = 10;
  std::int64_t longest_pause_ms = 1'000;
};

}  // namespace marquee::client
