#pragma once

#include <CLI/App.hpp>
#include <memory>
#include <string>
#include <vector>

#include "base/config.h"
#include "cli/command_context.h"

namespace marquee::cli {

/// What the command line of a process says about its configuration.
struct process_arguments {
  std::string config_file;
  std::vector<std::string> assignments;
};

/// Adds --config and --set.
inline void add_process_arguments(CLI::App& command, process_arguments& arguments) {
  command.add_option("--config", arguments.config_file,
                     "TOML file; 'marquee config-reference' lists the keys");
  command
      .add_option("--set", arguments.assignments, "key=value, wins over the file; may be given several times")
      ->expected(1)
      ->take_all();
}

/// The file first, then the assignments. Errors: as `config_schema`.
inline result<> load_configuration(config_schema& schema, const process_arguments& arguments) {
  if (!arguments.config_file.empty())
    if (auto loaded = schema.load_file(arguments.config_file); !loaded) return loaded;
  for (const std::string& assignment : arguments.assignments)
    if (auto assigned = schema.assign(assignment); !assigned) return fail(assigned, "--set");
  return {};
}

/// A subcommand that reads its configuration and then is the process, until it is told to stop.
template <class Options>
void add_process_command(CLI::App& app, command_context& context, const std::string& name,
                         const std::string& what, void (*describe)(config_schema&, Options&),
                         int (*run)(const Options&)) {
  CLI::App* command = app.add_subcommand(name, what);
  command->fallthrough();
  auto arguments = std::make_shared<process_arguments>();
  add_process_arguments(*command, *arguments);
  command->callback([&context, arguments, describe, run] {
    context.action = [&context, arguments, describe, run] {
      Options options;
      config_schema schema;
      describe(schema, options);
      if (const auto loaded = load_configuration(schema, *arguments); !loaded)
        return report_usage(context, loaded.error().message);
      return run(options) == 0 ? exit_code::success : exit_code::refused;
    };
  });
}

}  // namespace marquee::cli
