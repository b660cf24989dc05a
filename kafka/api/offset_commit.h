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

/// What our read managers ask of the position table, in a tagged field of OffsetCommit (DESIGN D12). The
/// request's group is the consumer id, its topics carry the positions.
struct marquee_claim {
  enum class command_kind : std::int8_t {
    commit = 0,  ///< store the positions, if `expected_epoch` is the consumer's epoch
    claim = 1,   ///< become the owner, if `expected_epoch` is the consumer's epoch: the epoch goes up by one
    delete_consumer = 2,   ///< forget the positions, keep a mark that the consumer was deleted
    register_consumer = 3  ///< make the consumer with these start positions; epoch 0 means never owned
  };
  std::string owner;  ///< "host:port" of the manager that asks
  std::int32_t expected_epoch = 0;
  command_kind command = command_kind::commit;
  uuid topic_id;
  std::int32_t partitions_seen = 0;  ///< how many partitions the topic had for the one who asks
};

/// What the position table answered: the epoch and owner after the command, whatever came of it.
struct marquee_claim_result {
  std::int32_t epoch = 0;
  std::string owner;
  /// Of the command as a whole: illegal_generation (22) for another epoch, unknown_member_id (25) for a
  /// consumer that is not there or deleted; none for deleting what is deleted already. A command without
  /// positions has no other place for its error.
  kafka_error error = kafka_error::none;
};

struct offset_commit_response {
  static constexpr api_key key = api_key::offset_commit;
  static constexpr std::int16_t min_version = 8, max_version = 9, first_flexible_version = 8;

  struct partition {
    std::int32_t index = 0;
    kafka_error error = kafka_error::none;
  };
  struct topic {
    std::string name;
    std::vector<partition> partitions;
  };

  std::int32_t throttle_ms = 0;
  std::vector<topic> topics;
  std::optional<marquee_claim_result> marquee;

  void encode(std::int16_t version, wire_writer& out) const;
  [[nodiscard]] static result<offset_commit_response> decode(std::int16_t version, wire_reader& in);
};

struct offset_commit_request {
  static constexpr api_key key = api_key::offset_commit;
  static constexpr std::int16_t min_version = 8, max_version = 9, first_flexible_version = 8;
  using response = offset_commit_response;

  struct partition {
    std::int32_t index = 0;
    std::int64_t offset = 0;  ///< the next one to read
    std::int32_t leader_epoch = -1;
    std::optional<std::string> metadata;
  };
  struct topic {
    std::string name;
    std::vector<partition> partitions;
  };

  std::string group_id;
  std::int32_t generation = -1;
  std::string member_id;
  std::optional<std::string> instance_id;
  std::vector<topic> topics;
  std::optional<marquee_claim> marquee;

  void encode(std::int16_t version, wire_writer& out) const;
  [[nodiscard]] static result<offset_commit_request> decode(std::int16_t version, wire_reader& in);
};

}  // namespace marquee::kafka
