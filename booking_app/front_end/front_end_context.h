#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/metrics.h"
#include "booking_app/front_end/front_end_options.h"
#include "booking_app/front_end/observer.h"
#include "booking_app/front_end/record_followers.h"
#include "booking_app/front_end/replica_client.h"
#include "booking_app/front_end/submission.h"
#include "booking_app/voting/replica_ledger.h"
#include "net/event_loop.h"
#include "net/http_client.h"

namespace marquee::booking {

/// What handlers of the front end share. Owned by the front end, outlives every request; on its loop.
struct front_end_context {
  const front_end_options& options;
  net::event_loop& loop;
  net::http_client& client;
  observer& observed;
  record_followers& followers;  ///< history and live stream, of what `observed` has applied
  submission& commands;
  replica_client& replicas;      ///< HTTP of the replicas: status, digests, snapshots, faults
  const replica_ledger& ledger;  ///< as far as `booking.admin` was read
  /// Writes an entry to `booking.admin`.
  std::function<void(const ledger_entry&)> note;
  const clock& time;
  metrics_registry& metrics;
  /// Whether the state has reached the end that the log had when this process started. Empty: it has.
  std::function<bool()> caught_up{};
};

}  // namespace marquee::booking
