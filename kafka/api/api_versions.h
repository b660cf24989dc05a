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

struct api_versions_response {
  static constexpr api_key key = api_key::api_versions;
  static constexpr std::int16_t min_version = 0, max_version = 4, first_flexible_version = 3;

  struct range {
    std::int16_t key = 0, min = 0, max = 0;
  };
  struct supported_feature {
    std::string name;
    std::int16_t min = 0, max = 0;
  };
  struct finalized_feature {
    std::string name;
    std::int16_t max = 0, min = 0;
  };

  kafka_error error = kafka_error::none;
  std::vector<range> apis;
  std::int32_t throttle_ms = 0;
  // Marquee sends none of these; they are read from foreign brokers only.
  std::optional<std::vector<supported_feature>> supported_features;
  std::optional<std::int64_t> finalized_features_epoch;
  std::optional<std::vector<finalized_feature>> finalized_features;
  std::optional<bool> zk_migration_ready;

  /// What a Marquee broker answers: every advertised API. For a version that is too high: error 35 and the
  /// range of ApiVersions alone, to be encoded as version 0.
  [[nodiscard]] static api_versions_response for_version(std::int16_t asked_version);
  /// The version in which `for_version(asked_version)` is encoded.
  [[nodiscard]] static std::int16_t answer_version(std::int16_t asked_version);

  void encode(std::int16_t version, wire_writer& out) const;
  [[nodiscard]] static result<api_versions_response> decode(std::int16_t version, wire_reader& in);
};

struct api_versions_request {
  static constexpr api_key key = api_key::api_versions;
  static constexpr std::int16_t min_version = 0, max_version = 4, first_flexible_version = 3;
  using response = api_versions_response;

  std::string client_software_name;     // @3
  std::string client_software_version;  // @3

  void encode(std::int16_t version, wire_writer& out) const;
  [[nodiscard]] static result<api_versions_request> decode(std::int16_t version, wire_reader& in);
};

}  // namespace marquee::kafka
