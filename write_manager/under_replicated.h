#pragma once

#include <set>
#include <string>
#include <vector>

#include "base/types.h"
#include "write_manager/partition_status_client.h"

namespace marquee::write_manager {

/// A partition that has fewer good copies than it should.
struct under_replicated_partition {
  std::string topic{};
  uuid topic_id{};
  partition_id partition{};
  std::optional<broker_id> leader{};
  std::vector<broker_id> missing{};  ///< whose copy is behind, or is not there

  bool operator==(const under_replicated_partition&) const = default;
};

/// Those where a replica is not in sync, is on one of the brokers `gone` (failed or evicted), or nobody
/// leads. Of all live topics, internal ones too; by topic name and partition.
[[nodiscard]] std::vector<under_replicated_partition> find_under_replicated(
    const db::metadata_snapshot& metadata, const partition_statuses& statuses,
    const std::set<broker_id>& gone);

/// "under_replicated":[...] of GET /cluster, without the name.
[[nodiscard]] std::string under_replicated_json(const std::vector<under_replicated_partition>& all);

/// Brokers whose copies count for nothing now.
[[nodiscard]] std::set<broker_id> gone_brokers(const broker_registry& registry,
                                               const db::metadata_snapshot& metadata);

}  // namespace marquee::write_manager
