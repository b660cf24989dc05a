#include <fmt/format.h>

#include <CLI/App.hpp>
#include <nlohmann/json.hpp>

#include "cli/cluster_view.h"
#include "cli/command_context.h"
#include "client/administrator.h"

namespace marquee::cli {

namespace {

exit_code run_cluster(const command_context& context) {
  const auto options = make_client_options(context);
  if (!options) return report_usage(context, options.error().message);
  client::administrator administrator(*options);
  const auto answer = administrator.cluster();
  if (!answer) return report(context, answer.error());
  fmt::print("{}", context.json ? *answer + "\n" : show_cluster(nlohmann::json::parse(*answer)));
  return exit_code::success;
}

}  // namespace

void add_cluster_command(CLI::App& app, command_context& context) {
  CLI::App* command =
      app.add_subcommand("cluster", "show processes, partitions, leaders, terms and high watermarks");
  command->callback([&context] { context.action = [&context] { return run_cluster(context); }; });
}

}  // namespace marquee::cli
