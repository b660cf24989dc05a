#pragma once

#include <functional>
#include <string>

#include "booking_app/replica/fault_switches.h"
#include "booking_app/replica/follower.h"
#include "booking_app/replica/replica_options.h"
#include "net/http_router.h"
#include "net/wake_point.h"

namespace marquee::booking {

/// What the handlers share; outlives the router.
struct replica_context {
  const replica_options& options;
  follower& machine;
  fault_switches& faults;
  /// Woken whenever records were applied.
  net::wake_point applied;
  std::function<void()> take_snapshot;
};

/// GET /status, GET /digest, POST /snapshot, and in builds with fault injection POST /fault. For front ends
/// and the supervisor; no public API.
void add_replica_routes(net::http_router& router, replica_context& context);

}  // namespace marquee::booking
