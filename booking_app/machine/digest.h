#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace marquee::booking {

/// 128 bits. Two lanes that are added separately, so that the order of additions does not matter.
struct digest_value {
  std::uint64_t high = 0;
  std::uint64_t low = 0;

  bool operator==(const digest_value&) const = default;
  digest_value& operator+=(const digest_value& other) {
    high += other.high;
    low += other.low;
    return *this;
  }
  digest_value& operator-=(const digest_value& other) {
    high -= other.high;
    low -= other.low;
    return *this;
  }
};

/// XXH3, 128 bits: equal on every machine. It finds faults, not forgers.
[[nodiscard]] digest_value hash_of(std::string_view data);
/// 32 lowercase hexadecimal digits.
[[nodiscard]] std::string to_text(const digest_value& value);

/// Hash of a text that grows at its end, without reading what is there again.
class growing_hash {
 public:
  growing_hash();
  ~growing_hash();
  growing_hash(growing_hash&& other) noexcept;
  growing_hash& operator=(growing_hash&& other) noexcept;

  void append(std::string_view data);
  /// Equals `hash_of` all that was appended.
  [[nodiscard]] digest_value value() const;

 private:
  void* state_;
};

/// Sum over the hashes of all entities. Every entity keeps what it has added (its share), so that a change
/// costs one hash; the sum is the same whatever the order of changes was.
class digest_sum {
 public:
  void replace(digest_value& share, std::string_view canonical) {
    total_ -= share;
    share = hash_of(canonical);
    total_ += share;
  }
  void remove(digest_value& share) {
    total_ -= share;
    share = {};
  }
  [[nodiscard]] const digest_value& total() const { return total_; }

 private:
  digest_value total_;
};

}  // namespace marquee::booking
