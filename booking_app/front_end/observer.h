#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "booking_app/log/command_feed.h"
#include "booking_app/log/digest_history.h"
#include "booking_app/machine/machine.h"
#include "net/deadline.h"
#include "net/task.h"
#include "net/wake_point.h"

namespace marquee::booking {

/// The front end's own machine, at the newest offset that a majority of replicas has confirmed by equal
/// digests: what is read here was voted on. Records that were consumed but not voted on wait (bounded: the
/// feed waits in turn). If its own digest there is not the majority's, this process is wrong:
/// `on_disagreement` is called and nothing is read from it any more. On the front end's loop.
class observer {
 public:
  using applied_listener = std::function<void(const record&, const outcome&)>;

  /// `begin`: from a snapshot, or empty.
  observer(machine begin, std::function<void(const std::string& why)> on_disagreement);

  /// Every record that is applied from now on, in order. Before the first `take`.
  void on_applied(applied_listener listener);

  /// What the feed gave.
  void take(std::vector<logged_message> messages);
  /// A majority has this digest after `offset`. Applies what has been consumed up to there; the rest as it
  /// comes.
  void confirm(std::int64_t offset, const std::string& digest);

  [[nodiscard]] const machine_state& state() const;
  [[nodiscard]] std::int64_t time_ms() const;
  /// Newest offset applied; -1 at first.
  [[nodiscard]] std::int64_t applied() const;
  /// Newest offset that was consumed, voted on or not.
  [[nodiscard]] std::int64_t consumed() const;
  /// Since the newest confirmation of all that had been consumed by then.
  [[nodiscard]] std::int64_t age_ms() const;
  [[nodiscard]] std::optional<std::int64_t> next_deadline_ms() const;
  /// Digest of its own state after one of the newest offsets.
  [[nodiscard]] std::optional<std::string> digest_at(std::int64_t offset) const;

  /// False at the deadline or when cancelled.
  [[nodiscard]] net::task<bool> wait_until_applied(std::int64_t offset, net::deadline end,
                                                   std::stop_token cancel);
};

}  // namespace marquee::booking
