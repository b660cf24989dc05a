#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/types.h"
#include "db/metadata_rows.h"

namespace marquee::write_manager {

/// A broker that can be given replicas, and what it has already.
struct placement_candidate {
  replica_id replica{};
  std::string rack{};
  std::int64_t replicas = 0;
  std::int64_t first_places =
      0;  ///< partitions in whose voter list it stands first, so that it leads them at first
};

/// Chooses the first voters of new partitions: each partition on the brokers with the fewest replicas, on
/// different racks as far as there are any, and led at first by the one that leads least. Pure: equal inputs
/// give equal answers. Errors: unavailable (fewer candidates than `replication_factor`).
[[nodiscard]] result<std::vector<db::partition_row>> place_partitions(
    std::vector<placement_candidate> candidates, std::int32_t partitions, std::int32_t replication_factor);

}  // namespace marquee::write_manager
