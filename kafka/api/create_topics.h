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

struct create_topics_response {
  static constexpr api_key key = api_key::create_topics;
  static constexpr std::int16_t min_version = 2, max_version = 7, first_flexible_version = 5;

  struct config {
    std::string name;
    std::optional<std::string> value;
    bool read_only = false;
    std::int8_t source = 5;
    bool sensitive = false;
  };
  struct topic {
    std::string name;
    uuid topic_id;  // @7
    kafka_error error = kafka_error::none;
    std::optional<std::string> message;
    std::int32_t partitions = -1;                // @5
    std::int16_t replication_factor = -1;        // @5
    std::optional<std::vector<config>> configs;  // @5; null: not told
    std::optional<kafka_error> config_error;     // {0} @5
  };

  std::int32_t throttle_ms = 0;
  std::vector<topic> topics;

  void encode(std::int16_t version, wire_writer& out) const;
  [[nodiscard]] static result<create_topics_response> decode(std::int16_t version, wire_reader& in);
};

struct create_topics_request {
  static constexpr api_key key = api_key::create_topics;
  static constexpr std::int16_t min_version = 2, max_version = 7, first_flexible_version = 5;
  using response = create_topics_response;

  struct assignment {
    std::int32_t partition = 0;
    std::vector<std::int32_t> brokers;
  };
  struct config {
    std::string name;
    std::optional<std::string> value;
  };
  struct topic {
    std::string name;
    std::int32_t partitions = -1;          ///< -1: the broker's default, or as many as are assigned
    std::int16_t replication_factor = -1;  ///< -1: the broker's default, or as assigned
    std::vector<assignment> assignments;
    std::vector<config> configs;
  };

  std::vector<topic> topics;
  std::int32_t timeout_ms = 0;
  bool validate_only = false;

  void encode(std::int16_t version, wire_writer& out) const;
  [[nodiscard]] static result<create_topics_request> decode(std::int16_t version, wire_reader& in);
};

}  // namespace marquee::kafka
