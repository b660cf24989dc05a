#pragma once

#include <chrono>
#include <cstdint>
#include <stop_token>

namespace marquee::broker {

/// What a handler knows of a request besides its body.
struct request_context {
  std::int16_t version = 0;
  /// Requested when the client is gone or the broker stops: long polls end.
  std::stop_token gone{};
  std::chrono::steady_clock::time_point received_at = std::chrono::steady_clock::now();

  [[nodiscard]] std::uint64_t elapsed_us() const {
    return static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - received_at)
            .count());
  }
};

}  // namespace marquee::broker
