#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/types.h"
#include "db/metadata_rows.h"
#include "kafka/api/produce.h"
#include "write_manager/message_limits.h"
#include "write_manager/produce_request.h"

namespace marquee::write_manager {

/// Why one message could not be stored, as http-api.md tells it.
struct message_problem {
  int status = 500;
  std::string code{};
  std::string text{};
  bool retriable = false;
  bool outcome_unknown = false;
};

/// One record batch: messages of one request only, in request order.
struct planned_batch {
  shared_bytes records{};
  kafka::batch_identity identity{};
  std::vector<std::size_t> messages{};  ///< places in the request
};

struct planned_partition {
  partition_id partition{};
  std::vector<planned_batch> batches{};
};

/// A request, sorted by partition, and what cannot be sent at all.
struct produce_plan {
  std::vector<planned_partition> partitions{};
  std::vector<std::optional<message_problem>> problems{};  ///< one per message
};

/// Whose sequences the messages get.
struct plan_identity {
  std::int64_t producer_id = 0;
  /// The client's first sequence; without it the two functions below number the messages.
  std::optional<std::int64_t> sequence{};
  std::function<std::uint64_t()> next_turn{};  ///< for round robin
  std::function<std::int64_t(partition_id, std::int32_t)>
      take_sequences;  ///< first of so many in a partition
};

/// The partition of a message without key and partition: round robin that a retry repeats (DESIGN D10).
[[nodiscard]] partition_id partition_of_turn(std::int64_t producer_id, std::uint64_t turn,
                                             std::int32_t partition_count);

/// The largest value that the topic takes: `max.message.bytes` - 12.
[[nodiscard]] std::int64_t largest_value_bytes(const db::topic_row& topic);

/// Chooses partitions and makes the batches. A batch is cut when it reaches the topic's `max.message.bytes`.
[[nodiscard]] produce_plan make_produce_plan(const produce_request& request, const db::topic_row& topic,
                                             const plan_identity& identity, const message_limits& limits,
                                             std::int64_t now_ms);

}  // namespace marquee::write_manager
