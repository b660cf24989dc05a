#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/clock.h"
#include "booking_app/log/command_feed.h"
#include "booking_app/log/digest_history.h"
#include "booking_app/machine/machine.h"
#include "net/deadline.h"
#include "net/task.h"
#include "net/wake_point.h"

namespace marquee::booking {

/// The front end's own machine, at the newest offset that a majority of replicas has confirmed by equal
/// digests: what is read here was voted on. Records that were consumed but not voted on wait; whoever gives
/// them bounds them by `waiting_bytes`. If its own digest there is not the majority's, this process is wrong:
/// `on_disagreement` is called, nothing more is applied, and nothing may be read from it any more. On the
/// front end's loop.
class observer {
 public:
  using applied_listener = std::function<void(const record&, const outcome&)>;

  /// `begin`: from a snapshot, or empty.
  observer(machine begin, const clock& time, std::function<void(const std::string& why)> on_disagreement);

  /// Every record that is applied from now on, in order, once the digest that confirmed it was found equal.
  /// Before the first `take`.
  void on_applied(applied_listener listener) { listeners_.push_back(std::move(listener)); }

  /// What the feed gave: offsets without a hole, from `next_offset` on at first.
  void take(std::vector<logged_message> messages);
  /// A majority has this digest after `offset`. Applies what has been consumed up to there; the rest as it
  /// comes.
  void confirm(std::int64_t offset, const std::string& digest);

  [[nodiscard]] const machine_state& state() const { return machine_.state(); }
  /// Everything at `applied`, as bytes.
  [[nodiscard]] std::string snapshot() const { return machine_.snapshot(); }
  [[nodiscard]] std::int64_t time_ms() const { return machine_.time_ms(); }
  /// Newest offset applied; -1 at first.
  [[nodiscard]] std::int64_t applied() const { return machine_.next_offset() - 1; }
  /// Newest offset that was consumed, voted on or not.
  [[nodiscard]] std::int64_t consumed() const { return consumed_; }
  /// Newest offset that a majority has confirmed; may be ahead of what was consumed.
  [[nodiscard]] std::int64_t confirmed() const { return confirmed_; }
  /// Since the newest confirmation of all that had been consumed by then; since the start if there was none.
  [[nodiscard]] std::int64_t age_ms() const { return time_.monotonic_ms() - fresh_at_ms_; }
  [[nodiscard]] std::optional<std::int64_t> next_deadline_ms() const { return machine_.next_deadline_ms(); }
  /// Digest of its own state after one of the newest offsets.
  [[nodiscard]] std::optional<std::string> digest_at(std::int64_t offset) const;
  /// Bytes of records that were consumed and wait for a majority.
  [[nodiscard]] std::size_t waiting_bytes() const { return waiting_bytes_; }
  [[nodiscard]] bool disagrees() const { return disagrees_; }

  /// False at the deadline or when cancelled.
  [[nodiscard]] net::task<bool> wait_until_applied(std::int64_t offset, net::deadline end,
                                                   std::stop_token cancel);
  /// Woken whenever something was applied.
  [[nodiscard]] const net::wake_point& progress() const { return progress_; }

 private:
  struct applied_record {
    logged_message message;
    outcome result;
  };
  void apply_confirmed();
  void apply_next();
  void check(std::int64_t offset, const std::string& digest);
  void tell_listeners();

  machine machine_;
  const clock& time_;
  std::function<void(const std::string&)> on_disagreement_;
  std::vector<applied_listener> listeners_;
  std::deque<logged_message> waiting_;
  std::size_t waiting_bytes_ = 0;
  std::vector<applied_record> untold_;            ///< applied, not yet covered by an equal digest
  std::map<std::int64_t, std::string> expected_;  ///< digests of a majority at offsets not applied yet
  digest_history digests_;
  std::int64_t consumed_;
  std::int64_t confirmed_;
  std::int64_t fresh_at_ms_;
  bool disagrees_ = false;
  net::wake_point progress_;
};

}  // namespace marquee::booking
