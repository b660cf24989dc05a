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

/// Tagged field of a group in an OffsetFetch answer: what the position table knows of a consumer (DESIGN
/// D12).
struct marquee_ownership {
  enum class state_kind : std::int8_t { unknown = 0, live = 1, deleted = 2 };
  std::int32_t epoch = 0;
  std::string owner;
  state_kind state = state_kind::unknown;
  uuid topic_id;
};

struct offset_fetch_response {
  static constexpr api_key key = api_key::offset_fetch;
  static constexpr std::int16_t min_version = 8, max_version = 9, first_flexible_version = 6;

  struct partition {
    std::int32_t index = 0;
    std::int64_t offset = -1;  ///< -1: none committed
    std::int32_t leader_epoch = -1;
    std::optional<std::string> metadata;
    kafka_error error = kafka_error::none;
  };
  struct topic {
    std::string name;
    std::vector<partition> partitions;
  };
  struct group {
    std::string group_id;
    std::vector<topic> topics;
    kafka_error error = kafka_error::none;
    std::optional<marquee_ownership> marquee;
  };

  std::int32_t throttle_ms = 0;
  std::vector<group> groups;

  void encode(std::int16_t version, wire_writer& out) const;
  [[nodiscard]] static result<offset_fetch_response> decode(std::int16_t version, wire_reader& in);
};

struct offset_fetch_request {
  static constexpr api_key key = api_key::offset_fetch;
  static constexpr std::int16_t min_version = 8, max_version = 9, first_flexible_version = 6;
  using response = offset_fetch_response;

  struct topic {
    std::string name;
    std::vector<std::int32_t> partitions;
  };
  struct group {
    std::string group_id;
    std::optional<std::string> member_id;      // @9
    std::int32_t member_epoch = -1;            // @9
    std::optional<std::vector<topic>> topics;  ///< null: all
  };

  std::vector<group> groups;
  bool require_stable = false;

  void encode(std::int16_t version, wire_writer& out) const;
  [[nodiscard]] static result<offset_fetch_request> decode(std::int16_t version, wire_reader& in);
};

}  // namespace marquee::kafka
