#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "base/types.h"

namespace marquee::kafka {

/// MurmurHash2 as in Kafka's Java client (org.apache.kafka.common.utils.Utils.murmur2), with its seed.
[[nodiscard]] std::int32_t murmur2(bytes_view data);

/// The partition of a key, as Kafka's default partitioner chooses it: the same key goes to the same place
/// whatever client sends it. `partition_count` is at least 1.
[[nodiscard]] partition_id partition_of_key(bytes_view key, std::int32_t partition_count);

}  // namespace marquee::kafka
