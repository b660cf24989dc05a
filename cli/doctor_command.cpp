#include <fmt/format.h>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <iterator>
#include <memory>
#include <nlohmann/json.hpp>
#include <vector>

#include "base/logging.h"
#include "cli/diagnosis.h"
#include "cli/doctor_examination.h"

namespace marquee::cli {

namespace {

using nlohmann::json;

const char* name_of(severity level) {
  switch (level) {
    case severity::critical:
      return "critical";
    case severity::warning:
      return "warning";
    case severity::good:
      break;
  }
  return "ok";
}

void print_finding(const finding& each) {
  const std::string subject = each.subject.empty() ? "" : escape_for_log(each.subject, 4096) + ": ";
  fmt::print("{:<9} {:<11} {}{}\n", name_of(each.level), each.check, subject,
             escape_for_log(each.what, 4096));
  if (!each.meaning.empty()) fmt::print("{:22}it means: {}\n", "", escape_for_log(each.meaning, 4096));
  if (!each.advice.empty()) fmt::print("{:22}what to do: {}\n", "", escape_for_log(each.advice, 4096));
}

/// In the order of the checks where equally bad.
std::vector<finding> worst_first(const std::vector<finding>& all) {
  std::vector<finding> sorted;
  for (const severity level : {severity::critical, severity::warning, severity::good})
    std::ranges::copy_if(all, std::back_inserter(sorted),
                         [level](const finding& each) { return each.level == level; });
  return sorted;
}

exit_code run_doctor(const command_context& context, const broker_access_options& options) {
  const cluster_facts facts = examine(context, options);
  if (facts.processes.empty())
    return report_usage(
        context,
        "nothing is known of a cluster: there is no cluster.json in the state directory and no "
        "load balancer answers; give --state-dir, --load-balancer or --broker addresses");
  const std::vector<finding> findings = worst_first(diagnose(facts));
  const severity worst = findings.front().level;
  if (context.json) {
    json list = json::array();
    for (const finding& each : findings)
      list.push_back({{"severity", name_of(each.level)},
                      {"check", each.check},
                      {"subject", each.subject},
                      {"what", each.what},
                      {"meaning", each.meaning},
                      {"advice", each.advice}});
    fmt::print("{}\n", json({{"severity", name_of(worst)}, {"findings", std::move(list)}})
                           .dump(-1, ' ', false, json::error_handler_t::replace));
  } else {
    for (const finding& each : findings) print_finding(each);
    fmt::print("{}\n", worst == severity::good      ? "the cluster is healthy"
                       : worst == severity::warning ? "the cluster serves, but needs a look"
                                                    : "the cluster needs help");
  }
  return static_cast<exit_code>(worst);
}

}  // namespace

void add_doctor_command(CLI::App& app, command_context& context) {
  CLI::App* command = app.add_subcommand(
      "doctor", "look at everything and say in plain words what is wrong, what it means and what to do");
  auto options = std::make_shared<broker_access_options>();
  add_broker_access_options(*command, *options);
  command->footer(
      "Works without a load balancer: with cluster.json of the state directory, or with --broker addresses.\n"
      "Exit codes: 0 healthy; 1 it serves, but something needs a look; 2 something is broken (or the command "
      "line\nis wrong).");
  command->callback([&context, options] {
    context.action = [&context, options] { return run_doctor(context, *options); };
  });
}

}  // namespace marquee::cli
