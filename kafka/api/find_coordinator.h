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

struct find_coordinator_response {
  static constexpr api_key key = api_key::find_coordinator;
  static constexpr std::int16_t min_version = 0, max_version = 4, first_flexible_version = 3;

  /// Below version 4 there is exactly one, without its key.
  struct coordinator {
    std::string key;
    std::int32_t node_id = -1;
    std::string host;
    std::int32_t port = -1;
    kafka_error error = kafka_error::none;
    std::optional<std::string> message;  // @1
  };

  std::int32_t throttle_ms = 0;  // @1
  std::vector<coordinator> coordinators;

  void encode(std::int16_t version, wire_writer& out) const;
  [[nodiscard]] static result<find_coordinator_response> decode(std::int16_t version, wire_reader& in);
};

struct find_coordinator_request {
  static constexpr api_key key = api_key::find_coordinator;
  static constexpr std::int16_t min_version = 0, max_version = 4, first_flexible_version = 3;
  using response = find_coordinator_response;

  std::int8_t key_type = 0;       // @1; 0: group, 1: transaction
  std::vector<std::string> keys;  ///< below version 4 exactly one

  void encode(std::int16_t version, wire_writer& out) const;
  [[nodiscard]] static result<find_coordinator_request> decode(std::int16_t version, wire_reader& in);
};

}  // namespace marquee::kafka
