#include "broker/broker_process.h"
#include "cli/command_context.h"
#include "cli/process_command.h"

namespace marquee::cli {

void add_broker_command(CLI::App& app, command_context& context) {
  add_process_command<broker::broker_options>(app, context, "broker",
                                              "run a broker: partition replicas, the Kafka protocol and Raft",
                                              &broker::describe, &broker::run_broker);
}

}  // namespace marquee::cli
