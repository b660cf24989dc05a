#include "booking_app/machine/digest.h"

#include <new>
#include <utility>

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace marquee::booking {

digest_value hash_of(std::string_view data) {
  const XXH128_hash_t hash = XXH3_128bits(data.data(), data.size());
  return {hash.high64, hash.low64};
}

std::string to_text(const digest_value& value) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text(32, '0');
  for (std::size_t i = 0; i < 16; ++i) {
    text[i] = digits[(value.high >> (60 - 4 * i)) & 15];
    text[16 + i] = digits[(value.low >> (60 - 4 * i)) & 15];
  }
  return text;
}

growing_hash::growing_hash() : state_(XXH3_createState()) {
  if (state_ == nullptr) throw std::bad_alloc();
  XXH3_128bits_reset(static_cast<XXH3_state_t*>(state_));
}
growing_hash::~growing_hash() {
  XXH3_freeState(static_cast<XXH3_state_t*>(state_));
}
growing_hash::growing_hash(growing_hash&& other) noexcept : state_(std::exchange(other.state_, nullptr)) {}
growing_hash& growing_hash::operator=(growing_hash&& other) noexcept {
  std::swap(state_, other.state_);
  return *this;
}

void growing_hash::append(std::string_view data) {
  XXH3_128bits_update(static_cast<XXH3_state_t*>(state_), data.data(), data.size());
}

digest_value growing_hash::value() const {
  const XXH128_hash_t hash = XXH3_128bits_digest(static_cast<const XXH3_state_t*>(state_));
  return {hash.high64, hash.low64};
}

}  // namespace marquee::booking
