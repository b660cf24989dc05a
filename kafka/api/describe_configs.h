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

/// The protocol's numbers. Others may arrive in a request and are answered with an error.
enum class config_resource : std::int8_t { topic = 2, broker = 4 };
enum class config_source : std::int8_t {
  topic = 1,
  dynamic_broker = 2,
  static_broker = 4,
  default_value = 5,
};
enum class config_type : std::int8_t { flag = 1, text = 2, integer32 = 3, integer64 = 5, list = 7 };

struct describe_configs_response {
  static constexpr api_key key = api_key::describe_configs;
  static constexpr std::int16_t min_version = 1, max_version = 4, first_flexible_version = 4;

  struct synonym {
    std::string name;
    std::optional<std::string> value;
    config_source source{};
  };
  struct config {
    std::string name;
    std::optional<std::string> value;
    bool read_only = false;
    config_source source = config_source::default_value;
    bool sensitive = false;
    std::vector<synonym> synonyms{};
    config_type type = config_type::text;        // @3
    std::optional<std::string> documentation{};  // @3
  };
  struct result_of_resource {
    kafka_error error = kafka_error::none;
    std::optional<std::string> message{};
    config_resource type{};
    std::string name;
    std::vector<config> configs{};
  };

  std::int32_t throttle_ms = 0;
  std::vector<result_of_resource> results;

  void encode(std::int16_t version, wire_writer& out) const;
  [[nodiscard]] static result<describe_configs_response> decode(std::int16_t version, wire_reader& in);
};

struct describe_configs_request {
  static constexpr api_key key = api_key::describe_configs;
  static constexpr std::int16_t min_version = 1, max_version = 4, first_flexible_version = 4;
  using response = describe_configs_response;

  struct resource {
    config_resource type{};
    std::string name;
    std::optional<std::vector<std::string>> keys;  ///< null: all
  };

  std::vector<resource> resources;
  bool include_synonyms = false;
  bool include_documentation = false;  // @3

  void encode(std::int16_t version, wire_writer& out) const;
  [[nodiscard]] static result<describe_configs_request> decode(std::int16_t version, wire_reader& in);
};

}  // namespace marquee::kafka
