#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/types.h"
#include "base/uuid.h"
#include "broker/entry_builder.h"
#include "raft/runtime/replica.h"

namespace marquee::broker {

/// Topics whose names begin like this are the cluster's own.
inline constexpr std::string_view internal_prefix = "__";
/// Where positions live (DESIGN D12).
inline constexpr std::string_view positions_topic = "__consumer_offsets";

struct partition_metadata {
  partition_id partition{};
  /// Who the group was born with (DESIGN D9); the log says who belongs to it now.
  std::vector<replica_id> voters{};

  bool operator==(const partition_metadata&) const = default;
};

struct topic_metadata {
  std::string name{};
  uuid topic_id{};
  std::map<std::string, std::string> config{};
  std::int32_t routing_epoch = 0;
  bool deleted = false;  ///< a tombstone: never removed (DESIGN D7)
  bool internal = false;
  std::vector<partition_metadata> partitions{};

  bool operator==(const topic_metadata&) const = default;
  [[nodiscard]] const partition_metadata* find(std::int32_t partition) const;
  [[nodiscard]] std::int64_t number(const std::string& key, std::int64_t fallback) const;
  [[nodiscard]] std::int32_t max_message_bytes() const;
  [[nodiscard]] timestamp_kind timestamps() const;
  [[nodiscard]] raft::group_options group_options() const;
};

struct broker_metadata {
  replica_id replica{};
  std::string host{};
  std::uint16_t kafka_port = 0;
  std::uint16_t raft_port = 0;
  std::uint16_t http_port = 0;
  /// Clients are not told of it; it stays a peer, so that its replicas catch up as soon as it is back.
  bool evicted = false;

  bool operator==(const broker_metadata&) const = default;
};

/// What the controller sends: everything (`from_version` 0), or what changed between two versions.
struct metadata_push {
  std::int64_t controller_epoch = 0;
  std::string controller_holder{};
  uuid cluster_id{};
  std::int64_t from_version = 0;
  std::int64_t to_version = 0;
  std::vector<topic_metadata> topics{};
  std::vector<broker_metadata> brokers{};
  std::vector<uuid> removed_topics{};
};

/// The topics and brokers of the cluster, as the controller told this broker (DESIGN D16). A pure value.
struct cluster_metadata {
  uuid cluster_id{};
  std::int64_t controller_epoch = 0;
  std::string controller_holder{};
  std::int64_t version = 0;
  std::map<uuid, topic_metadata> topics{};
  std::map<broker_id, broker_metadata> brokers{};
  /// Of topics that are not deleted.
  std::map<std::string, uuid, std::less<>> by_name{};

  enum class push_verdict : std::uint8_t {
    applied,
    gap,               ///< it builds on another version than ours: the controller must send everything
    stale_controller,  ///< a newer controller has spoken before (DESIGN D17)
    wrong_cluster
  };
  /// Changes nothing unless it applies. A full push replaces everything but tombstones, which stay: nothing
  /// is ever deleted or revived on doubt (D7).
  push_verdict apply(const metadata_push& push);

  /// Null if unknown or deleted.
  [[nodiscard]] const topic_metadata* find(std::string_view name) const;
  [[nodiscard]] const topic_metadata* find(const uuid& topic_id) const;
  [[nodiscard]] bool is_deleted(const uuid& topic_id) const;
};

}  // namespace marquee::broker
