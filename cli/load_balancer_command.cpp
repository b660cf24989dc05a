#include "cli/command_context.h"
#include "cli/process_command.h"
#include "load_balancer/load_balancer_process.h"

namespace marquee::cli {

void add_load_balancer_command(CLI::App& app, command_context& context) {
  add_process_command<load_balancer::load_balancer_options>(
      app, context, "load-balancer", "run a load balancer: where clients come in", &load_balancer::describe,
      &load_balancer::run_load_balancer);
}

}  // namespace marquee::cli
