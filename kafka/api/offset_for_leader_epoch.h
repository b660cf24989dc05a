#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "kafka/protocol_types.h"
#include "kafka/wire_reader.h"
#include "kafka/wire_writer.h"

namespace marquee::kafka {

struct offset_for_leader_epoch_response {
  static constexpr api_key key = api_key::offset_for_leader_epoch;
  static constexpr std::int16_t min_version = 2, max_version = 4, first_flexible_version = 4;

  struct partition {
    kafka_error error = kafka_error::none;
    std::int32_t index = 0;
    std::int32_t leader_epoch = -1;
    std::int64_t end_offset = -1;
  };
  struct topic {
    std::string name;
    std::vector<partition> partitions;
  };

  std::int32_t throttle_ms = 0;
  std::vector<topic> topics;

  void encode(std::int16_t version, wire_writer& out) const;
  [[nodiscard]] static result<offset_for_leader_epoch_response> decode(std::int16_t version, wire_reader& in);
};

struct offset_for_leader_epoch_request {
  static constexpr api_key key = api_key::offset_for_leader_epoch;
  static constexpr std::int16_t min_version = 2, max_version = 4, first_flexible_version = 4;
  using response = offset_for_leader_epoch_response;

  struct partition {
    std::int32_t index = 0;
    std::int32_t current_leader_epoch = -1;
    std::int32_t leader_epoch = -1;
  };
  struct topic {
    std::string name;
    std::vector<partition> partitions;
  };

  std::int32_t replica_id = -2;  // @3; -1: a consumer
  std::vector<topic> topics;

  void encode(std::int16_t version, wire_writer& out) const;
  [[nodiscard]] static result<offset_for_leader_epoch_request> decode(std::int16_t version, wire_reader& in);
};

}  // namespace marquee::kafka
