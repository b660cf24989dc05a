#include <fmt/chrono.h>
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <CLI/Validators.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <memory>
#include <nlohmann/json.hpp>
#include <thread>

#include "base/logging.h"
#include "cli/administration.h"
#include "cli/cluster_view.h"
#include "cli/command_context.h"
#include "cli/interruption.h"
#include "client/administrator.h"

namespace marquee::cli {

namespace {

using nlohmann::json;

struct watch_arguments {
  bool watch = false;
  double interval_s = 2;
};

/// Cursor to the top left corner, and what follows is cleared: redrawing in place does not flicker.
constexpr const char* redraw = "\x1b[H\x1b[J";
constexpr const char* clear = "\x1b[2J";
constexpr std::int64_t one_look_ms = 2'000;

std::string show(const command_context& context, const std::string& answer) {
  return context.json ? answer + "\n" : show_cluster(json::parse(answer));
}

exit_code run_once(const command_context& context) {
  const auto options = make_client_options(context);
  if (!options) return report_usage(context, options.error().message);
  client::administrator administrator(*options);
  const auto answer = administrator.cluster();
  if (!answer) return report(context, answer.error());
  fmt::print("{}", show(context, *answer));
  return exit_code::success;
}

void wait_for(double seconds) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::duration<double>(seconds);
  while (!is_interrupted() && std::chrono::steady_clock::now() < end)
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
}

/// One look after the other; what cannot be asked for now leaves the last table standing, with its age.
exit_code run_watch(const command_context& context, const watch_arguments& arguments) {
  watch_for_interruption();
  const bool is_terminal = ::isatty(STDOUT_FILENO) == 1 && !context.json;
  if (is_terminal) fmt::print("{}", clear);
  std::string last;
  std::time_t last_at = 0;
  while (!is_interrupted() && std::ferror(stdout) == 0) {
    // Read anew: a cluster that was started again may have other addresses.
    auto options = make_client_options(context);
    if (!options) return report_usage(context, options.error().message);
    options->deadline_ms = std::min(options->deadline_ms, one_look_ms);
    client::administrator administrator(*options);
    const auto answer = administrator.cluster();
    if (is_interrupted()) break;
    const std::time_t now = std::time(nullptr);
    if (answer) {
      last = show(context, *answer);
      last_at = now;
    }
    if (is_terminal) fmt::print("{}", redraw);
    if (!context.json)
      fmt::print("{:%H:%M:%S} UTC, every {} s, Ctrl-C ends\n", fmt::gmtime(now), arguments.interval_s);
    if (!answer && context.json) (void)report(context, answer.error());
    if (!answer && !context.json)
      fmt::print("no answer now ({}); 'marquee doctor' says more{}\n",
                 escape_for_log(to_string(answer.error()), 500),
                 last_at == 0 ? "" : fmt::format("; as it was at {:%H:%M:%S}:", fmt::gmtime(last_at)));
    if (answer || is_terminal) fmt::print("{}", last);
    if (!context.json) fmt::print("\n");
    (void)std::fflush(stdout);
    wait_for(arguments.interval_s);
  }
  return is_interrupted() ? exit_code::interrupted : exit_code::success;
}

exit_code run_remove_broker(const command_context& context, std::int64_t id) {
  return ask(
      context, [id](client::administrator& cluster) { return cluster.remove_broker(id); },
      [id](const json&) { return fmt::format("broker {} is removed", id); });
}

}  // namespace

void add_cluster_command(CLI::App& app, command_context& context) {
  CLI::App* command =
      app.add_subcommand("cluster", "show processes, partitions, leaders, terms and high watermarks");
  auto arguments = std::make_shared<watch_arguments>();
  command->add_flag("--watch", arguments->watch,
                    "again and again, until Ctrl-C; redraws on a terminal, else one table after the other");
  command->add_option("--interval-s", arguments->interval_s, "seconds between two looks of --watch")
      ->check(CLI::Range(0.1, 3600.0))
      ->capture_default_str();
  const auto broker = std::make_shared<std::int64_t>(0);
  add_task(*command, context, "remove-broker",
           "take a broker that is stopped and has no replicas out of the cluster",
           [&context, broker] { return run_remove_broker(context, *broker); })
      ->add_option("id", *broker, "as this command without it shows: broker-ID")
      ->check(CLI::PositiveNumber)
      ->required();
  command->callback([&context, arguments, command] {
    if (!command->get_subcommands().empty()) return;
    context.action = [&context, arguments] {
      return arguments->watch ? run_watch(context, *arguments) : run_once(context);
    };
  });
}

}  // namespace marquee::cli
