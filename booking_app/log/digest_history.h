#pragma once

#include <cstdint>
#include <deque>
#include <optional>

#include "booking_app/machine/digest.h"

namespace marquee::booking {

/// The digests after the newest `capacity` offsets. One thread.
class digest_history {
 public:
  explicit digest_history(std::size_t capacity = 20'000) : capacity_(capacity) {}

  /// Offsets grow by one.
  void add(std::int64_t offset, const digest_value& digest);
  [[nodiscard]] std::optional<digest_value> at(std::int64_t offset) const;
  [[nodiscard]] std::optional<std::int64_t> oldest() const;
  [[nodiscard]] std::optional<std::int64_t> newest() const;

 private:
  std::size_t capacity_;
  std::int64_t first_ = 0;
  std::deque<digest_value> digests_;
};

}  // namespace marquee::booking
