#include "cli/command_context.h"
#include "cli/process_command.h"
#include "read_manager/read_manager_process.h"

namespace marquee::cli {

void add_read_manager_command(CLI::App& app, command_context& context) {
  add_process_command<read_manager::read_manager_options>(
      app, context, "read-manager", "run a read manager: consumers", &read_manager::describe,
      &read_manager::run_read_manager);
}

}  // namespace marquee::cli
