#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/exit_code.h"

namespace marquee::cli {

struct partition_name {
  std::string topic;  ///< name or id
  std::int32_t partition = 0;
};

/// Reads "topic/0"; nothing if it is not of that form.
[[nodiscard]] std::optional<partition_name> parse_partition_name(std::string_view text);

enum class replica_answer : std::uint8_t { told, no_replica, failed };

/// What one broker said to POST /internal/recover.
struct recovered_replica {
  std::string broker;  ///< its address
  replica_answer answer = replica_answer::failed;
  bool was_in_doubt = false;
  bool in_doubt = false;
  bool has_leader = false;
  std::int64_t last_index = 0;
  std::string problem;  ///< if `failed`
};

/// What the command ends with: `success` if no replica that was reached is in doubt any more and every broker
/// answered, `incomplete` if one did not, `unavailable` if none with a replica did, `not_found` if none has
/// one. `refused` where something is in doubt and the loss was not accepted.
[[nodiscard]] exit_code judge_recovery(const std::vector<recovered_replica>& replicas, bool loss_is_accepted);
/// A line for each broker and, where something is in doubt, what may be lost and how to go on.
[[nodiscard]] std::string describe_recovery(const partition_name& partition,
                                            const std::vector<recovered_replica>& replicas,
                                            bool loss_is_accepted);

}  // namespace marquee::cli
