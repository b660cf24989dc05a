#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/result.h"
#include "kafka/protocol_types.h"
#include "kafka/wire_reader.h"
#include "kafka/wire_writer.h"

namespace marquee::kafka {

struct init_producer_id_response {
  static constexpr api_key key = api_key::init_producer_id;
  static constexpr std::int16_t min_version = 0, max_version = 5, first_flexible_version = 2;

  std::int32_t throttle_ms = 0;
  kafka_error error = kafka_error::none;
  std::int64_t producer_id = -1;
  std::int16_t producer_epoch = -1;

  void encode(std::int16_t version, wire_writer& out) const;
  [[nodiscard]] static result<init_producer_id_response> decode(std::int16_t version, wire_reader& in);
};

struct init_producer_id_request {
  static constexpr api_key key = api_key::init_producer_id;
  static constexpr std::int16_t min_version = 0, max_version = 5, first_flexible_version = 2;
  using response = init_producer_id_response;

  std::optional<std::string> transactional_id;
  std::int32_t transaction_timeout_ms = 0;  ///< any value is legal without a transactional id
  std::int64_t producer_id = -1;            // @3
  std::int16_t producer_epoch = -1;         // @3

  void encode(std::int16_t version, wire_writer& out) const;
  [[nodiscard]] static result<init_producer_id_request> decode(std::int16_t version, wire_reader& in);
};

}  // namespace marquee::kafka
