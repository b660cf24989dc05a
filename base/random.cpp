#include "base/random.h"

#include <sys/random.h>

#include "base/assert.h"

namespace marquee {

void fill_from_system(std::span<std::uint8_t> target) {
  while (!target.empty()) {
    const ssize_t got = getrandom(target.data(), target.size(), 0);
    MARQUEE_ASSERT(got > 0, "the operating system gave no random bytes");
    target = target.subspan(static_cast<std::size_t>(got));
  }
}

std::uint64_t system_seed() {
  std::uint64_t seed = 0;
  fill_from_system({reinterpret_cast<std::uint8_t*>(&seed), sizeof seed});
  return seed;
}

}  // namespace marquee
