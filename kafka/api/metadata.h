#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/uuid.h"
#include "kafka/protocol_types.h"
#include "kafka/wire_reader.h"
#include "kafka/wire_writer.h"

namespace marquee::kafka {

struct metadata_response {
  static constexpr api_key key = api_key::metadata;
  static constexpr std::int16_t min_version = 0, max_version = 12, first_flexible_version = 9;
  static constexpr std::int32_t operations_not_asked = INT32_MIN;

  struct broker {
    std::int32_t node_id = 0;
    std::string host;
    std::int32_t port = 0;
    std::optional<std::string> rack;  // @1
  };
  struct partition {
    kafka_error error = kafka_error::none;
    std::int32_t index = 0;
    std::int32_t leader_id = -1;
    std::int32_t leader_epoch = -1;  // @7
    std::vector<std::int32_t> replicas;
    std::vector<std::int32_t> in_sync;
    std::vector<std::int32_t> offline;  // @5
  };
  struct topic {
    kafka_error error = kafka_error::none;
    std::optional<std::string> name;  // null only @12, for an unknown id
    uuid topic_id;                    // @10
    bool is_internal = false;         // @1
    std::vector<partition> partitions;
    std::int32_t authorized_operations = operations_not_asked;  // @8
  };

  std::int32_t throttle_ms = 0;  // @3
  std::vector<broker> brokers;
  std::optional<std::string> cluster_id;  // @2
  std::int32_t controller_id = -1;        // @1
  std::vector<topic> topics;
  std::int32_t cluster_authorized_operations = operations_not_asked;  // @8..10

  void encode(std::int16_t version, wire_writer& out) const;
  [[nodiscard]] static result<metadata_response> decode(std::int16_t version, wire_reader& in);
};

struct metadata_request {
  static constexpr api_key key = api_key::metadata;
  static constexpr std::int16_t min_version = 0, max_version = 12, first_flexible_version = 9;
  using response = metadata_response;

  struct topic {
    uuid topic_id;                    // @10; all zero: by name
    std::optional<std::string> name;  // null only @10
  };

  std::optional<std::vector<topic>> topics;
  bool allow_auto_topic_creation = true;               // @4
  bool include_cluster_authorized_operations = false;  // @8..10
  bool include_topic_authorized_operations = false;    // @8

  /// Version 0 says "all" with an empty list, later ones with null (and "none" with an empty list).
  [[nodiscard]] bool asks_for_all(std::int16_t version) const {
    return version == 0 ? !topics || topics->empty() : !topics;
  }

  void encode(std::int16_t version, wire_writer& out) const;
  [[nodiscard]] static result<metadata_request> decode(std::int16_t version, wire_reader& in);
};

}  // namespace marquee::kafka
