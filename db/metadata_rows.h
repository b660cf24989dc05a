#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/types.h"
#include "base/uuid.h"

/// Rows of PostgreSQL as the rest of the tree sees them. Plain values.
namespace marquee::db {

/// Number of the last change of metadata (DESIGN D15). 0: nothing read yet.
using metadata_version = std::int64_t;

/// A partition and its first voters, which never change (DESIGN D9). In the order of the voter list.
struct partition_row {
  partition_id partition{};
  std::vector<replica_id> voters{};

  bool operator==(const partition_row&) const = default;
};

struct topic_row {
  uuid topic_id{};
  std::string name{};
  /// Only what was set; canonical text, such as "604800000".
  std::map<std::string, std::string> config{};
  std::int32_t routing_epoch = 0;
  bool internal = false;
  std::int64_t created_ms = 0;
  std::int64_t deleted_ms = 0;  ///< 0: the topic lives; else this row is its tombstone
  metadata_version version = 0;
  std::vector<partition_row> partitions{};  ///< by number, without holes; empty in a tombstone

  [[nodiscard]] bool deleted() const { return deleted_ms != 0; }
};

struct broker_row {
  broker_id id{};
  incarnation_id incarnation{};  ///< 0: announced by a person, the broker itself has not come yet
  boot_count boot{};
  std::string host{};
  std::uint16_t kafka_port = 0;
  std::uint16_t raft_port = 0;
  std::uint16_t http_port = 0;
  std::string rack{};
  std::string release{};        ///< what the broker says its version is
  std::int64_t evicted_ms = 0;  ///< 0: it is not
  std::int64_t removed_ms = 0;  ///< 0: it is a broker of this cluster; else all that is left is its id
  metadata_version version = 0;

  [[nodiscard]] bool evicted() const { return evicted_ms != 0; }
  [[nodiscard]] bool removed() const { return removed_ms != 0; }
};

/// A manager that lives or lived. Written often, so it carries no version.
struct process_row {
  std::string name{};
  std::string role{};
  std::string http{};  ///< "http://host:port"
  std::string release{};
  metadata_version known_version = 0;  ///< the newest metadata that it has read
  std::int64_t started_ms = 0;
  std::int64_t last_seen_ms = 0;  ///< by PostgreSQL's clock
};

/// Where a consumer without committed positions begins.
enum class start_from : std::uint8_t { earliest, latest };

struct consumer_row {
  std::int64_t number = 0;
  uuid topic_id{};
  std::string group{};  ///< empty: a group of its own
  start_from from = start_from::earliest;
  /// For `latest`: next offsets at registration, by partition number.
  std::map<std::int32_t, std::int64_t> start_positions{};
  std::int64_t created_ms = 0;
  std::int64_t deleted_ms = 0;
};

/// Who the cluster is; made by the first migration.
struct cluster_row {
  uuid cluster_id{};
  std::vector<std::uint8_t> id_key{};  ///< for the tags of producer and consumer ids
};

/// The office of controller, as far as PostgreSQL knows (DESIGN D17).
struct controller_office {
  std::int64_t epoch = 0;
  std::string holder{};
};

/// Everything that changed above `above`, up to and including `version`; read in one consistent view.
struct metadata_changes {
  metadata_version above = 0;
  metadata_version version = 0;
  cluster_row cluster{};
  /// Another one than before: an older state was restored, and what was known is no base for these changes.
  uuid history{};
  std::vector<topic_row> topics{};
  std::vector<broker_row> brokers{};
  std::vector<std::int64_t> deleted_producers{};
  std::vector<std::int64_t> deleted_consumers{};
};

}  // namespace marquee::db
