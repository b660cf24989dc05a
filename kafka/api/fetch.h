#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "kafka/api/leader_hint.h"
#include "kafka/byte_chain.h"
#include "kafka/protocol_types.h"
#include "kafka/wire_reader.h"
#include "kafka/wire_writer.h"

namespace marquee::kafka {

/// Tagged fields of a partition that only replicas of other brokers use; read and kept, never sent by us.
struct fetch_diverging_epoch {
  std::int32_t epoch = -1;
  std::int64_t end_offset = -1;
};
struct fetch_snapshot_id {
  std::int64_t end_offset = -1;
  std::int32_t epoch = -1;
};

/// Record data is never copied: the encoder sends the given parts as they are, the decoder gives windows on
/// the frame.
struct fetch_response {
  static constexpr api_key key = api_key::fetch;
  static constexpr std::int16_t min_version = 4, max_version = 12, first_flexible_version = 12;

  struct aborted_transaction {
    std::int64_t producer_id = 0;
    std::int64_t first_offset = 0;
  };
  struct partition {
    std::int32_t index = 0;
    kafka_error error = kafka_error::none;
    std::int64_t high_watermark = -1;
    std::int64_t last_stable_offset = -1;
    std::int64_t log_start_offset = -1;              // @5
    std::optional<fetch_diverging_epoch> diverging;  // {0} @12
    std::optional<leader_hint> current_leader;       // {1} @12
    std::optional<fetch_snapshot_id> snapshot;       // {2} @12
    std::optional<std::vector<aborted_transaction>> aborted;
    std::int32_t preferred_read_replica = -1;          // @11
    std::optional<byte_chain> records = byte_chain{};  ///< never null in our answers, empty instead
  };
  struct topic {
    std::string name;
    std::vector<partition> partitions;
  };

  std::int32_t throttle_ms = 0;
  kafka_error error = kafka_error::none;  // @7
  std::int32_t session_id = 0;            // @7; 0: no session
  std::vector<topic> topics;

  void encode(std::int16_t version, wire_writer& out) const;
  [[nodiscard]] static result<fetch_response> decode(std::int16_t version, wire_reader& in);
};

struct fetch_request {
  static constexpr api_key key = api_key::fetch;
  static constexpr std::int16_t min_version = 4, max_version = 12, first_flexible_version = 12;
  using response = fetch_response;

  struct partition {
    std::int32_t index = 0;
    std::int32_t current_leader_epoch = -1;  // @9
    std::int64_t fetch_offset = 0;
    std::int32_t last_fetched_epoch = -1;  // @12
    std::int64_t log_start_offset = -1;    // @5; replicas only
    std::int32_t max_bytes = 0;
  };
  struct topic {
    std::string name;
    std::vector<partition> partitions;
  };
  struct forgotten_topic {
    std::string name;
    std::vector<std::int32_t> partitions;
  };

  std::optional<std::string> cluster_id;  // {0} @12, itself nullable: absent and null are the same to us
  std::int32_t replica_id = -1;
  std::int32_t max_wait_ms = 0;
  std::int32_t min_bytes = 0;
  std::int32_t max_bytes = INT32_MAX;
  std::int8_t isolation_level = 0;
  std::int32_t session_id = 0;      // @7
  std::int32_t session_epoch = -1;  // @7
  std::vector<topic> topics;
  std::vector<forgotten_topic> forgotten;  // @7
  std::string rack_id;                     // @11

  void encode(std::int16_t version, wire_writer& out) const;
  [[nodiscard]] static result<fetch_request> decode(std::int16_t version, wire_reader& in);
};

}  // namespace marquee::kafka
