#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <exception>
#include <iostream>
#include <string_view>
#include <system_error>

#include "cli/booking/booking_exit.h"
#include "cli/booking_process_commands.h"
#include "cli/command_context.h"

namespace {

using marquee::cli::booking_exit;
using marquee::cli::command_context;
using marquee::cli::exit_code;

constexpr const char* footer =
    "Exit codes: 0 done, 1 refused or failed, 2 wrong command line or input, 3 unavailable (no load "
    "balancer\n"
    "answered, or the cluster could not serve in time), 4 done in part (the message says how to go on),\n"
    "5 no such topic, producer, consumer or broker, 130 interrupted. 'booking' has numbers of its own.";

void add_shared_options(CLI::App& app, command_context& context) {
  app.add_option(
         "--load-balancer", context.load_balancers,
         "URL of a load balancer, such as http://127.0.0.1:8080; may be given several times, or with commas. "
         "Default: those of cluster.json in the state directory, else http://127.0.0.1:8080")
      ->expected(1)
      ->delimiter(',')
      ->take_all()
      ->envname("MARQUEE_LOAD_BALANCER");
  app.add_option("--state-dir", context.state_dir, "where scripts/up keeps cluster.json")
      ->capture_default_str();
  app.add_option("--deadline-ms", context.deadline_ms,
                 "how long one request is tried again before it counts as failed")
      ->check(CLI::Range(1, 86'400'000))
      ->capture_default_str();
  app.add_flag("--json", context.json, "print JSON");
  // For tests of everything above the client library; the empty group keeps them out of the help.
  app.add_option("--drop-request-every", context.faults.drop_request_every)->group("");
  app.add_option("--drop-answer-every", context.faults.drop_answer_every)->group("");
}

/// With --json a wrong command line is explained in JSON, too.
int explain(CLI::App& app, const CLI::ParseError& wrong, int argc, char** argv) {
  const bool is_json =
      std::any_of(argv, argv + argc, [](const char* word) { return std::string_view(word) == "--json"; });
  const int usage = app.got_subcommand("booking") ? static_cast<int>(booking_exit::usage)
                                                  : static_cast<int>(exit_code::usage);
  if (wrong.get_exit_code() == 0 || !is_json) return app.exit(wrong) == 0 ? 0 : usage;
  command_context context;
  context.json = true;
  (void)report_usage(context, wrong.what());
  return usage;
}

int fail_output(int error) {
  // A reader that closed the pipe has read enough.
  if (error == EPIPE) return static_cast<int>(exit_code::success);
  std::cerr << "marquee: writing to standard output failed: " << std::strerror(error) << "\n";
  return static_cast<int>(exit_code::refused);
}

int run(const command_context& context) {
  try {
    const exit_code code = context.action();
    errno = 0;
    if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0) {
      const int failed = fail_output(errno == 0 ? EIO : errno);
      return code == exit_code::success ? failed : static_cast<int>(code);
    }
    return static_cast<int>(code);
  } catch (const std::system_error& failed) {
    // fmt::print throws what its write to standard output met.
    if (std::ferror(stdout) == 0) throw;
    return fail_output(failed.code().value());
  }
}

}  // namespace

int main(int argc, char** argv) {
  using namespace marquee::cli;
  std::signal(SIGPIPE, SIG_IGN);
  CLI::App app("Marquee: a publish/subscribe broker whose partitions are Raft-replicated logs", "marquee");
  command_context context;
  app.require_subcommand(1);
  app.fallthrough();
  app.footer(footer);
  add_shared_options(app, context);
  add_produce_command(app, context);
  add_consume_command(app, context);
  add_topic_command(app, context);
  add_producer_command(app, context);
  add_consumer_command(app, context);
  add_cluster_command(app, context);
  add_bench_command(app, context);
  add_booking_command(app, context);
  add_doctor_command(app, context);
  add_raft_command(app, context);
  add_log_command(app, context);
  add_config_reference_command(app, context);
  add_broker_command(app, context);
  add_write_manager_command(app, context);
  add_read_manager_command(app, context);
  add_load_balancer_command(app, context);
  add_booking_process_commands(app, context);
  add_completion_command(app, context);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& wrong) {
    return explain(app, wrong, argc, argv);
  }
  if (!context.action) {
    std::cerr << app.help();
    return static_cast<int>(exit_code::usage);
  }
  return run(context);
}
