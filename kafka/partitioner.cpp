#include "kafka/partitioner.h"

#include "base/assert.h"

namespace marquee::kafka {

std::int32_t murmur2(bytes_view data) {
  constexpr std::uint32_t seed = 0x9747b28c;
  constexpr std::uint32_t m = 0x5bd1e995;
  constexpr int r = 24;

  std::uint32_t h = seed ^ static_cast<std::uint32_t>(data.size());
  std::size_t i = 0;
  for (; i + 4 <= data.size(); i += 4) {
    std::uint32_t k = data[i] | static_cast<std::uint32_t>(data[i + 1]) << 8 |
                      static_cast<std::uint32_t>(data[i + 2]) << 16 |
                      static_cast<std::uint32_t>(data[i + 3]) << 24;
    k *= m;
    k ^= k >> r;
    k *= m;
    h *= m;
    h ^= k;
  }
  const std::size_t left = data.size() - i;
  if (left > 0) {
    if (left == 3) h ^= static_cast<std::uint32_t>(data[i + 2]) << 16;
    if (left >= 2) h ^= static_cast<std::uint32_t>(data[i + 1]) << 8;
    h ^= data[i];
    h *= m;
  }
  h ^= h >> 13;
  h *= m;
  h ^= h >> 15;
  return static_cast<std::int32_t>(h);
}

partition_id partition_of_key(bytes_view key, std::int32_t partition_count) {
  MARQUEE_ASSERT(partition_count > 0, "a topic has no partitions");
  return partition_id((murmur2(key) & 0x7fffffff) % partition_count);
}

}  // namespace marquee::kafka
