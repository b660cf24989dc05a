#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace marquee::client {

class interruption;

/// Faults for tests, counted for each connection object; 0 is off. A caller sees both as an answer that never
/// came, so that everything above must cope as it would with a real one.
struct fault_switches {
  std::int64_t drop_request_every = 0;  ///< every n-th request is never sent
  std::int64_t drop_answer_every = 0;   ///< every n-th answer is thrown away after the cluster has acted
};

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
  /// Asked between attempts and a few times a second in pauses, on the calling thread: true ends the call
  /// with the failure of its last attempt. Empty: never.
  std::function<bool()> is_cancelled{};
  /// Ends calls while they wait for an answer, too. Empty: nothing does.
  std::shared_ptr<interruption> stopper{};
  fault_switches faults{};
};

}  // namespace marquee::client
