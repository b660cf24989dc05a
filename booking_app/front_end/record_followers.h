#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/result.h"
#include "booking_app/front_end/history.h"
#include "booking_app/front_end/live_changes.h"
#include "booking_app/machine/machine.h"
#include "net/event_loop.h"

namespace marquee::booking {

/// What follows the records that the observer applies: the history on disk (audit, events and dead letters
/// that are still to be published) and the live stream. Owned by the front end, outlives its requests; on its
/// loop.
///
///     auto followers = record_followers::open(loop, data_dir);
///     observer observed((*followers)->begin(snapshots.load()), ...);
///     observed.on_applied([&](const record& what, const outcome& of) { (*followers)->note(what, of); });
class record_followers {
 public:
  /// Opens, or makes, `history` in the folder. Errors: io, no_space.
  [[nodiscard]] static result<std::unique_ptr<record_followers>> open(net::event_loop& loop,
                                                                      const std::string& data_dir);

  /// The machine to begin with: that of the snapshot if the history reaches up to it, else an empty one, so
  /// that the history is made up for by all records. Call once, before the first `note`.
  [[nodiscard]] machine begin(std::optional<machine> from_snapshot);
  /// Of every record that is applied, in order.
  void note(const record& what, const outcome& of);

  [[nodiscard]] live_changes& live() { return live_; }
  [[nodiscard]] history& past() { return *past_; }

 private:
  record_followers(net::event_loop& loop, std::unique_ptr<history> past)
      : past_(std::move(past)), live_(loop) {}
  void refill_live(std::int64_t next_offset);

  std::unique_ptr<history> past_;
  live_changes live_;
};

}  // namespace marquee::booking
