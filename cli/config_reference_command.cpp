#include <fmt/format.h>

#include <CLI/App.hpp>
#include <nlohmann/json.hpp>

#include "base/config.h"
#include "booking_app/front_end/front_end_process.h"
#include "booking_app/replica/replica_process.h"
#include "booking_app/supervisor/supervisor_process.h"
#include "broker/broker_process.h"
#include "cli/command_context.h"
#include "load_balancer/load_balancer_process.h"
#include "read_manager/read_manager_process.h"
#include "write_manager/write_manager_process.h"

namespace marquee::cli {

namespace {

/// Prints the keys of one process: as a Markdown section, or into `all` for --json.
template <class Options>
void show(const command_context& context, nlohmann::json& all, const char* process,
          void (*describe)(config_schema&, Options&)) {
  Options options;
  config_schema schema;
  describe(schema, options);
  if (!context.json) {
    fmt::print("## marquee {}\n\n{}\n", process, schema.reference());
    return;
  }
  for (const config_key& key : schema.keys())
    all[process].push_back({{"name", key.name},
                            {"type", key.type},
                            {"default", key.default_value},
                            {"range", key.range},
                            {"meaning", key.meaning}});
}

exit_code run_config_reference(const command_context& context) {
  nlohmann::json all = nlohmann::json::object();
  show<broker::broker_options>(context, all, "broker", &broker::describe);
  show<write_manager::write_manager_options>(context, all, "write-manager", &write_manager::describe);
  show<read_manager::read_manager_options>(context, all, "read-manager", &read_manager::describe);
  show<load_balancer::load_balancer_options>(context, all, "load-balancer", &load_balancer::describe);
  show<booking::replica_options>(context, all, "booking-replica", &booking::describe);
  show<booking::front_end_options>(context, all, "booking-front-end", &booking::describe);
  show<booking::supervisor_options>(context, all, "booking-supervisor", &booking::describe);
  if (context.json) fmt::print("{}\n", all.dump(2));
  return exit_code::success;
}

}  // namespace

void add_config_reference_command(CLI::App& app, command_context& context) {
  CLI::App* command =
      app.add_subcommand("config-reference", "print every configuration key of every process");
  command->callback([&context] { context.action = [&context] { return run_config_reference(context); }; });
}

}  // namespace marquee::cli
