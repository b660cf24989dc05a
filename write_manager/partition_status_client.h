#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "write_manager/manager_context.h"

namespace marquee::write_manager {

struct replica_status {
  std::int32_t broker = 0;
  std::optional<std::string> role{};
  std::optional<bool> in_sync{};
};

/// What brokers say about a partition now. What nobody answers is empty, never made up.
struct partition_status {
  std::optional<std::int32_t> leader{};
  std::optional<std::int64_t> term{};
  std::vector<replica_status> replicas{};
  std::optional<std::int64_t> log_start_offset{};
  std::optional<std::int64_t> high_watermark{};
  /// So long ago the leader's term began because an operator wanted that broker to lead.
  std::optional<std::int64_t> ordered_ms_ago{};
};

using partition_statuses = std::map<group_id, partition_status>;

enum class read_barrier : std::uint8_t { no, yes };

/// Asks all live brokers about their replicas (GET /internal/partitions) at once, of one topic or (null) of
/// all, and puts their answers together: the leader of the highest term is believed. A broker that does not
/// answer before `end` is left out. Of one topic with a barrier it ends as soon as every partition's leader
/// has answered, so that a broker which is not needed delays nobody. `only` outlives the call.
[[nodiscard]] net::task<partition_statuses> ask_partition_statuses(const manager_context& context,
                                                                   const db::topic_row* only,
                                                                   read_barrier barrier, net::deadline end);

/// Adds one broker's answer. For the function above and for tests.
void merge_partition_answer(partition_statuses& all, broker_id from, const std::string& body);

/// "partitions":[...] of GET /topics/{t} and GET /cluster, without the name. Partitions that no broker
/// reported are listed with their first voters. Nothing on the brokers `gone` is in sync.
[[nodiscard]] std::string partitions_json(const db::topic_row& topic, const partition_statuses& statuses,
                                          const std::set<broker_id>& gone);

}  // namespace marquee::write_manager
