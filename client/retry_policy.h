#pragma once

#include <cstdint>
#include <optional>

#include "base/random.h"
#include "client/api_failure.h"
#include "client/client_options.h"

namespace marquee::client {

/// Whether sending a request twice has the effect of sending it once (DESIGN D21): GET, DELETE, produce with
/// a sequence, consume with a poll number.
enum class repeatability : std::uint8_t { repeatable, once };

/// Decides whether and when a failed attempt is made again. Pure; one object per call.
/// What may have taken effect is sent again only if it is repeatable. Pauses double, with jitter of a half,
/// and are never shorter than the cluster asked for; a pause that would end after the deadline is not made.
class retry_policy {
 public:
  retry_policy(const client_options& options, repeatability kind, random_source& random)
      : retry_policy(options, kind, random, options.deadline_ms) {}
  retry_policy(const client_options& options, repeatability kind, random_source& random,
               std::int64_t deadline_ms)
      : options_(options), kind_(kind), random_(random), deadline_ms_(deadline_ms) {}

  /// The pause before the next attempt, or nothing if there is none. `elapsed_ms` counts from the first
  /// attempt.
  [[nodiscard]] std::optional<std::int64_t> pause_after(const api_failure& failure, std::int64_t elapsed_ms);
  /// The next pause is the shortest again: something was reached.
  void note_progress() { next_pause_ms_ = 0; }

 private:
  const client_options& options_;
  repeatability kind_;
  random_source& random_;
  std::int64_t deadline_ms_;
  std::int64_t next_pause_ms_ = 0;
};

}  // namespace marquee::client
