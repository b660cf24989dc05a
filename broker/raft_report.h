#pragma once

#include <nlohmann/json_fwd.hpp>

#include "broker/partition.h"

namespace marquee::broker {

/// One replica in full, for GET /internal/raft: role, term, leader, members, indexes, offsets, what the
/// leader knows of the others, doubt and fence. On the partition's thread.
[[nodiscard]] nlohmann::json report_raft(const partition& served);

/// How far behind the leader's last entry a voter may be to be handed leadership.
inline constexpr std::int64_t transfer_lag_most = 1000;

/// In touch with the leader, not in doubt, and holds what is committed.
[[nodiscard]] bool is_in_sync(const raft::peer_progress& progress, const raft::node_status& leader);

}  // namespace marquee::broker
