#pragma once

#include <chrono>
#include <cstdint>

/// For the .cpp files of net/ only.
namespace marquee::net {

/// Decides which refused requests get a log line: the first of each tenth of a second. So whoever floods a
/// server with garbage does not fill its disk too. Not thread-safe.
class refusal_log {
 public:
  /// At least 0: write a line, that many were passed over since the last one. -1: pass this one over.
  [[nodiscard]] std::int64_t tell(
      std::chrono::steady_clock::time_point now = std::chrono::steady_clock::now()) {
    if (now < next_) {
      ++untold_;
      return -1;
    }
    next_ = now + std::chrono::milliseconds(100);
    const std::int64_t untold = untold_;
    untold_ = 0;
    return untold;
  }

 private:
  std::chrono::steady_clock::time_point next_{};
  std::int64_t untold_ = 0;
};

}  // namespace marquee::net
