#include "cli/raft_command.h"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include "cli/raft_recover.h"

namespace marquee::cli {

void add_raft_command(CLI::App& app, command_context& context) {
  CLI::App* raft = app.add_subcommand("raft", "look at the replicas of a partition, and help them");
  raft->require_subcommand(1);
  add_raft_status_commands(*raft, context);
  add_raft_order_commands(*raft, context);
  add_raft_recover_command(*raft, context);
}

}  // namespace marquee::cli
