#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "cli/broker_access.h"
#include "cli/command_context.h"

namespace marquee::cli {

/// The tasks of `marquee raft` that speak to replicas.
void add_raft_order_commands(CLI::App& raft, command_context& context);
void add_raft_status_commands(CLI::App& raft, command_context& context);

/// One row for each replica as GET /internal/raft tells of it. Lag and "in sync" are those that the leader
/// among them knows.
[[nodiscard]] std::string show_replicas(const std::vector<nlohmann::json>& replicas);

}  // namespace marquee::cli
