#pragma once

#include <cstdint>
#include <string>

#include "booking_app/machine/entity_digest.h"

namespace marquee::booking {

/// What a client calls one of its commands: a sequence number, or an idempotency key.
struct answer_key {
  std::int64_t sequence = 0;  ///< from 1; 0 if there is a key, or neither (ticks)
  std::string key;

  bool operator==(const answer_key&) const = default;
  [[nodiscard]] bool is_sequence() const { return sequence > 0; }
  [[nodiscard]] bool is_none() const { return sequence == 0 && key.empty(); }
};

void describe(auto& archive, is_entity<answer_key> auto& k) {
  archive(k.sequence, k.key);
}

}  // namespace marquee::booking
