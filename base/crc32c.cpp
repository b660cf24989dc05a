#include "base/crc32c.h"

#include <isa-l/crc.h>

#include <algorithm>

namespace marquee {

std::uint32_t crc32c(bytes_view data) {
  return crc32c(data, 0);
}

std::uint32_t crc32c(bytes_view data, std::uint32_t previous) {
  // ISA-L neither inverts at the start nor at the end, and its length is an int.
  constexpr std::size_t step = std::size_t{1} << 30;
  std::uint32_t state = ~previous;
  for (std::size_t position = 0; position < data.size(); position += step) {
    const std::size_t size = std::min(step, data.size() - position);
    state = crc32_iscsi(const_cast<unsigned char*>(data.data() + position), static_cast<int>(size), state);
  }
  return ~state;
}

}  // namespace marquee
