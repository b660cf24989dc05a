#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <exception>
#include <iostream>

#include "cli/command_context.h"

namespace {

constexpr const char* footer =
    "Exit codes: 0 done, 1 refused or failed, 2 wrong command line or input, 3 no load balancer answered,\n"
    "4 done in part (the message says how to go on), 130 interrupted.";

void add_shared_options(CLI::App& app, marquee::cli::command_context& context) {
  app.add_option(
         "--load-balancer", context.load_balancers,
         "URL of a load balancer, such as http://127.0.0.1:8080; may be given several times. Default: those "
         "of cluster.json in the state directory, else http://127.0.0.1:8080")
      ->expected(1)
      ->take_all()
      ->envname("MARQUEE_LOAD_BALANCER");
  app.add_option("--state-dir", context.state_dir, "where scripts/up keeps cluster.json")
      ->capture_default_str();
  app.add_option("--deadline-ms", context.deadline_ms,
                 "how long one request is tried again before it counts as failed")
      ->check(CLI::Range(1, 86'400'000))
      ->capture_default_str();
  app.add_flag("--json", context.json, "print JSON");
}

}  // namespace

int main(int argc, char** argv) {
  using namespace marquee::cli;
  CLI::App app("Marquee: a publish/subscribe broker whose partitions are Raft-replicated logs", "marquee");
  command_context context;
  app.require_subcommand(1);
  app.fallthrough();
  app.footer(footer);
  add_shared_options(app, context);
  add_produce_command(app, context);
  add_consume_command(app, context);
  add_topic_command(app, context);
  add_cluster_command(app, context);
  add_bench_command(app, context);
  add_config_reference_command(app, context);
  add_broker_command(app, context);
  add_write_manager_command(app, context);
  add_read_manager_command(app, context);
  add_load_balancer_command(app, context);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& wrong) {
    return app.exit(wrong) == 0 ? 0 : static_cast<int>(exit_code::usage);
  }
  if (!context.action) {
    std::cerr << app.help();
    return static_cast<int>(exit_code::usage);
  }
  return static_cast<int>(context.action());
}
