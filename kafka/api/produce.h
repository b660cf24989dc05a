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

/// Tag of the fields that only our managers send and only our brokers understand; far above Kafka's own tags.
inline constexpr std::uint32_t marquee_tag = 10000;

/// Consecutive sequences of one producer, in the order of a batch's records (DESIGN D10).
struct sequence_run {
  std::int64_t sequence = 0;  ///< the first one
  std::int32_t count = 0;
  std::int64_t hash = 0;  ///< over what the client sent, to tell a retry from a reused sequence

  bool operator==(const sequence_run&) const = default;
};

/// Who made a batch, in Marquee's sense: one HTTP producer, numbered over all partitions of the topic.
struct batch_identity {
  std::int64_t producer_id = -1;
  std::vector<sequence_run> runs;

  bool operator==(const batch_identity&) const = default;
};

/// Tagged field of a partition in a Produce request: one identity per batch in `records`, in order.
struct marquee_produce {
  std::int32_t routing_epoch = 0;
  std::vector<batch_identity> batches;
};

/// What became of one batch.
struct marquee_batch_result {
  enum class copy : std::int8_t {
    stored = 0,     ///< new: records have consecutive offsets from base_offset
    duplicate = 1,  ///< all records were there already; consecutive from base_offset
    mixed = 2       ///< `offsets` has one item per record
  };
  std::int64_t base_offset = -1;
  std::int64_t append_time_ms = -1;
  copy kind = copy::stored;
  std::vector<std::int64_t> offsets;  ///< only when mixed
  /// What records that were there already are stored with, one item per record (-1: new, or not known); only
  /// when not `stored`.
  std::vector<std::int64_t> timestamps_ms;
  kafka_error error = kafka_error::none;
  std::optional<std::string> message;
};

/// Tagged field of a partition in a Produce answer, when the request carried `marquee_produce`.
struct marquee_produce_result {
  enum class outcome_kind : std::int8_t {
    definite = 0,  ///< nothing was appended where an error stands
    unknown = 1    ///< it was appended and may still be committed
  };
  std::vector<marquee_batch_result> batches;
  outcome_kind outcome = outcome_kind::definite;
  std::int32_t append_us = 0;
  std::int32_t fsync_us = 0;
  std::int32_t commit_us = 0;
};

struct produce_response {
  static constexpr api_key key = api_key::produce;
  static constexpr std::int16_t min_version = 3, max_version = 11, first_flexible_version = 9;

  struct record_error {
    std::int32_t batch_index = 0;
    std::optional<std::string> message;
  };
  struct partition {
    std::int32_t index = 0;
    kafka_error error = kafka_error::none;
    std::int64_t base_offset = -1;
    std::int64_t log_append_time_ms = -1;       ///< -1 unless the topic stamps append time
    std::int64_t log_start_offset = -1;         // @5
    std::vector<record_error> record_errors;    // @8
    std::optional<std::string> error_message;   // @8
    std::optional<leader_hint> current_leader;  // {0} @10
    std::optional<marquee_produce_result> marquee;
  };
  struct topic {
    std::string name;
    std::vector<partition> partitions;
  };
  struct node_endpoint {
    std::int32_t node_id = 0;
    std::string host;
    std::int32_t port = 0;
    std::optional<std::string> rack;
  };

  std::vector<topic> topics;
  std::int32_t throttle_ms = 0;
  std::optional<std::vector<node_endpoint>> node_endpoints;  // {0} @10

  void encode(std::int16_t version, wire_writer& out) const;
  [[nodiscard]] static result<produce_response> decode(std::int16_t version, wire_reader& in);
};

/// Record data is never copied: on reading it is a window on the frame, on writing the given parts are sent
/// as they are.
struct produce_request {
  static constexpr api_key key = api_key::produce;
  static constexpr std::int16_t min_version = 3, max_version = 11, first_flexible_version = 9;
  using response = produce_response;

  struct partition {
    std::int32_t index = 0;
    std::optional<byte_chain> records;
    std::optional<marquee_produce> marquee;
  };
  struct topic {
    std::string name;
    std::vector<partition> partitions;
  };

  std::optional<std::string> transactional_id;
  std::int16_t acks = -1;
  std::int32_t timeout_ms = 0;
  std::vector<topic> topics;

  void encode(std::int16_t version, wire_writer& out) const;
  [[nodiscard]] static result<produce_request> decode(std::int16_t version, wire_reader& in);
};

}  // namespace marquee::kafka
