#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "base/metrics.h"
#include "booking_app/log/snapshot_store.h"
#include "booking_app/replica/follower.h"

namespace marquee::booking {

/// Takes snapshots of a follower on a thread of its own: every so many records, when it is asked to, and at
/// its end. The follower stands still while its state is encoded, not while it is written. A snapshot that
/// cannot be written is logged and tried again after a tenth of the interval; the older ones stay.
class snapshot_keeper {
 public:
  /// `saved`: where the newest snapshot ends.
  snapshot_keeper(snapshot_store store, const follower& of, std::int64_t saved, std::int64_t interval_records,
                  metrics_registry& metrics);
  ~snapshot_keeper();
  snapshot_keeper(const snapshot_keeper&) = delete;
  snapshot_keeper& operator=(const snapshot_keeper&) = delete;

  /// The follower has come this far. From any thread, never blocks on the disk.
  void note(std::int64_t next_offset);
  /// One now, or as soon as the one that is being written is done.
  void request();
  /// Takes a last one and ends; the destructor does so, too. What is asked for later is not done.
  void stop();

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace marquee::booking
