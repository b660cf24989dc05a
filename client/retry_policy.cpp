#include "client/retry_policy.h"

#include <algorithm>

namespace marquee::client {

std::optional<std::int64_t> retry_policy::pause_after(const api_failure& failure, std::int64_t elapsed_ms) {
  if (!failure.retriable) return std::nullopt;
  if (failure.outcome == request_outcome::unknown && kind_ == repeatability::once) return std::nullopt;
  next_pause_ms_ =
      next_pause_ms_ == 0 ? options_.first_pause_ms : std::min(next_pause_ms_ * 2, options_.longest_pause_ms);
  const std::int64_t jittered = next_pause_ms_ / 2 + random_.between(0, next_pause_ms_ / 2);
  const std::int64_t pause = std::max(jittered, failure.retry_after_ms);
  if (elapsed_ms + pause >= deadline_ms_) return std::nullopt;
  return pause;
}

}  // namespace marquee::client
