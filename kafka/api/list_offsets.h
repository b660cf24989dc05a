#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "kafka/protocol_types.h"
#include "kafka/wire_reader.h"
#include "kafka/wire_writer.h"

namespace marquee::kafka {

/// Timestamps with a meaning of their own in ListOffsets.
inline constexpr std::int64_t latest_timestamp = -1;
inline constexpr std::int64_t earliest_timestamp = -2;
inline constexpr std::int64_t max_timestamp = -3;  // @7

struct list_offsets_response {
  static constexpr api_key key = api_key::list_offsets;
  static constexpr std::int16_t min_version = 1, max_version = 7, first_flexible_version = 6;

  struct partition {
    std::int32_t index = 0;
    kafka_error error = kafka_error::none;
    std::int64_t timestamp = -1;
    std::int64_t offset = -1;
    std::int32_t leader_epoch = -1;  // @4
  };
  struct topic {
    std::string name;
    std::vector<partition> partitions;
  };

  std::int32_t throttle_ms = 0;  // @2
  std::vector<topic> topics;

  void encode(std::int16_t version, wire_writer& out) const;
  [[nodiscard]] static result<list_offsets_response> decode(std::int16_t version, wire_reader& in);
};

struct list_offsets_request {
  static constexpr api_key key = api_key::list_offsets;
  static constexpr std::int16_t min_version = 1, max_version = 7, first_flexible_version = 6;
  using response = list_offsets_response;

  struct partition {
    std::int32_t index = 0;
    std::int32_t current_leader_epoch = -1;  // @4
    std::int64_t timestamp = latest_timestamp;
  };
  struct topic {
    std::string name;
    std::vector<partition> partitions;
  };

  std::int32_t replica_id = -1;
  std::int8_t isolation_level = 0;  // @2
  std::vector<topic> topics;

  void encode(std::int16_t version, wire_writer& out) const;
  [[nodiscard]] static result<list_offsets_request> decode(std::int16_t version, wire_reader& in);
};

}  // namespace marquee::kafka
