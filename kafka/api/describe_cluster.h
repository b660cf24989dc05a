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

struct describe_cluster_response {
  static constexpr api_key key = api_key::describe_cluster;
  static constexpr std::int16_t min_version = 0, max_version = 1, first_flexible_version = 0;

  static constexpr std::int8_t brokers_endpoint = 1;
  static constexpr std::int32_t operations_not_asked = INT32_MIN;

  struct broker {
    std::int32_t id = 0;
    std::string host;
    std::int32_t port = 0;
    std::optional<std::string> rack;
  };

  std::int32_t throttle_ms = 0;
  kafka_error error = kafka_error::none;
  std::optional<std::string> message;
  std::int8_t endpoint_type = brokers_endpoint;  // @1
  std::string cluster_id;
  std::int32_t controller_id = -1;
  std::vector<broker> brokers;
  std::int32_t authorized_operations = operations_not_asked;

  void encode(std::int16_t version, wire_writer& out) const;
  [[nodiscard]] static result<describe_cluster_response> decode(std::int16_t version, wire_reader& in);
};

struct describe_cluster_request {
  static constexpr api_key key = api_key::describe_cluster;
  static constexpr std::int16_t min_version = 0, max_version = 1, first_flexible_version = 0;
  using response = describe_cluster_response;

  bool include_authorized_operations = false;
  std::int8_t endpoint_type = describe_cluster_response::brokers_endpoint;  // @1

  void encode(std::int16_t version, wire_writer& out) const;
  [[nodiscard]] static result<describe_cluster_request> decode(std::int16_t version, wire_reader& in);
};

}  // namespace marquee::kafka
