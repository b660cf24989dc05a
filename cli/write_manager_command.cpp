#include "cli/command_context.h"
#include "cli/process_command.h"
#include "write_manager/write_manager_process.h"

namespace marquee::cli {

void add_write_manager_command(CLI::App& app, command_context& context) {
  add_process_command<write_manager::write_manager_options>(
      app, context, "write-manager", "run a write manager: producers, topics, the controller",
      &write_manager::describe, &write_manager::run_write_manager);
}

}  // namespace marquee::cli
