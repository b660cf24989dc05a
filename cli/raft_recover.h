#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cli/command_context.h"
#include "cli/exit_code.h"
#include "cli/partition_name.h"

namespace marquee::cli {

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

/// `marquee raft recover`.
void add_raft_recover_command(CLI::App& raft, command_context& context);

}  // namespace marquee::cli
