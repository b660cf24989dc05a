#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/result.h"
#include "cli/exit_code.h"
#include "client/api_failure.h"
#include "client/client_options.h"

namespace CLI {
class App;
}

namespace marquee::cli {

/// What all subcommands share: the options that may stand anywhere, and what the chosen one is going to do.
struct command_context {
  std::vector<std::string> load_balancers;
  std::string state_dir = ".marquee";
  std::int64_t deadline_ms = 60'000;
  bool json = false;
  client::fault_switches faults;
  /// Set by the subcommand that was named; called once after the whole command line was read.
  std::function<exit_code()> action;
};

/// The load balancers of --load-balancer, else those of cluster.json in the state directory, else the default
/// one.
[[nodiscard]] result<client::client_options> make_client_options(const command_context& context);

/// Prints why a call failed, on standard error (with --json as the cluster's own fields), and gives the exit
/// code.
exit_code report(const command_context& context, const client::api_failure& failure);
/// The exit code of a failure, without printing it.
[[nodiscard]] exit_code exit_code_of(const client::api_failure& failure);
/// Prints what is wrong with the command line, a configuration or an input file.
exit_code report_usage(const command_context& context, const std::string& message);

/// A process that serves until it is told to stop, and prints its own errors.
void add_broker_command(CLI::App& app, command_context& context);
void add_write_manager_command(CLI::App& app, command_context& context);
void add_read_manager_command(CLI::App& app, command_context& context);
void add_load_balancer_command(CLI::App& app, command_context& context);
/// Tasks against a running cluster.
void add_produce_command(CLI::App& app, command_context& context);
void add_consume_command(CLI::App& app, command_context& context);
void add_cluster_command(CLI::App& app, command_context& context);
void add_topic_command(CLI::App& app, command_context& context);
void add_consumer_command(CLI::App& app, command_context& context);
void add_producer_command(CLI::App& app, command_context& context);
void add_bench_command(CLI::App& app, command_context& context);
void add_booking_command(CLI::App& app, command_context& context);
void add_doctor_command(CLI::App& app, command_context& context);
void add_raft_command(CLI::App& app, command_context& context);
/// Reads a data directory; needs no cluster.
void add_log_command(CLI::App& app, command_context& context);
void add_config_reference_command(CLI::App& app, command_context& context);
/// Reads the definitions of all the others: to be added last.
void add_completion_command(CLI::App& app, command_context& context);

}  // namespace marquee::cli
