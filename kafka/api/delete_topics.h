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

struct delete_topics_response {
  static constexpr api_key key = api_key::delete_topics;
  static constexpr std::int16_t min_version = 1, max_version = 6, first_flexible_version = 4;

  struct topic {
    std::optional<std::string> name;  // null only @6
    uuid topic_id;                    // @6
    kafka_error error = kafka_error::none;
    std::optional<std::string> message;  // @5
  };

  std::int32_t throttle_ms = 0;
  std::vector<topic> topics;

  void encode(std::int16_t version, wire_writer& out) const;
  [[nodiscard]] static result<delete_topics_response> decode(std::int16_t version, wire_reader& in);
};

struct delete_topics_request {
  static constexpr api_key key = api_key::delete_topics;
  static constexpr std::int16_t min_version = 1, max_version = 6, first_flexible_version = 4;
  using response = delete_topics_response;

  struct topic {
    std::optional<std::string> name;  // null only @6, where the id tells
    uuid topic_id;                    // @6
  };

  std::vector<topic> topics;
  std::int32_t timeout_ms = 0;

  void encode(std::int16_t version, wire_writer& out) const;
  [[nodiscard]] static result<delete_topics_request> decode(std::int16_t version, wire_reader& in);
};

}  // namespace marquee::kafka
