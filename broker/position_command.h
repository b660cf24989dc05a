#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "base/types.h"
#include "base/uuid.h"
#include "kafka/api/offset_commit.h"
#include "kafka/protocol_types.h"

namespace marquee::broker {

using position_command_kind = kafka::marquee_claim::command_kind;

/// What a read manager wants done to one consumer (DESIGN D12). Travels as a Kafka record: key = consumer id,
/// value = `encode_position_command`.
struct position_command {
  position_command_kind kind = position_command_kind::commit;
  std::string consumer{};
  std::string owner{};  ///< "host:port" of the manager that asks
  std::int32_t expected_epoch = 0;
  uuid topic_id{};                   ///< what a consumer reads; told when it is registered
  std::int32_t partitions_seen = 0;  ///< how many partitions the topic had for the one who asks
  std::map<std::int32_t, std::int64_t> positions{};  ///< by partition: the next offset to read

  bool operator==(const position_command&) const = default;
};

/// What came of it, and how the consumer stands afterwards.
struct position_result {
  kafka::kafka_error error = kafka::kafka_error::none;
  std::int32_t epoch = 0;
  std::string owner;

  bool operator==(const position_result&) const = default;
};

/// Format version first. Without the consumer, which is the record's key.
[[nodiscard]] bytes encode_position_command(const position_command& command);
/// Errors: corrupt, unsupported.
[[nodiscard]] result<position_command> decode_position_command(std::string_view consumer, bytes_view value);

/// One batch with one record per command.
[[nodiscard]] bytes build_command_batch(const std::vector<position_command>& commands, std::int64_t time_ms);
/// The commands of a batch, in order. Errors: corrupt, unsupported.
[[nodiscard]] result<std::vector<position_command>> read_command_batch(bytes_view batch);

}  // namespace marquee::broker
