#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include "base/process_stamp.h"
#include "base/result.h"
#include "base/types.h"
#include "net/cluster_secret.h"
#include "net/stream.h"
#include "net/task.h"
#include "raft/transport/hello.h"

namespace marquee::raft {

/// Who is on the other side, proven.
struct peer_identity {
  replica_id replica;
  process_stamp process;
  std::uint16_t version = 0;
  std::uint64_t features = 0;
};

/// What a side brings along. `judge` is asked about a peer that has proven that it belongs here; its verdict
/// is sent with our own proof, so that a stranger cannot tell anybody to stop. It is asked again when the
/// hello is done, for another process with the same identity may have come meanwhile.
struct greeting_context {
  introduction own;  ///< the nonce is made per connection
  net::cluster_secret secret;
  std::function<hello_verdict(const introduction& peer)> judge;
  std::int64_t timeout_ms = 3000;
};

struct greeting_failure {
  error why;
  /// Proven: another process with our identity runs, and this one has to stop.
  bool superseded = false;
  /// The other side is up but will not have us, or we will not have it: trying again soon is no use.
  bool refused = false;
};
template <class T>
using greeting_result = std::expected<T, greeting_failure>;

/// Steps 1 and 3 of the hello. `expected` is the broker that should be there.
[[nodiscard]] net::task<greeting_result<peer_identity>> greet_as_connecting(net::stream& connection,
                                                                            const greeting_context& context,
                                                                            broker_id expected);
/// Steps 2 and 4.
[[nodiscard]] net::task<greeting_result<peer_identity>> greet_as_accepting(net::stream& connection,
                                                                           const greeting_context& context);

}  // namespace marquee::raft
