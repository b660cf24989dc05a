#include <fmt/format.h>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <memory>
#include <nlohmann/json.hpp>

#include "base/logging.h"
#include "cli/cluster_view.h"
#include "cli/command_context.h"
#include "client/administrator.h"

namespace marquee::cli {

namespace {

using nlohmann::json;

struct topic_arguments {
  std::string name;
  std::int32_t partitions = 1;
  std::int32_t replication_factor = 0;
  std::vector<std::string> config;
};

using call = std::function<client::outcome<std::string>(client::administrator&)>;
using view = std::function<std::string(const json&)>;

/// Makes one call and prints its answer: as it is with --json, else as `show` says.
exit_code ask(const command_context& context, const call& make_call, const view& show) {
  const auto options = make_client_options(context);
  if (!options) return report_usage(context, options.error().message);
  client::administrator administrator(*options);
  const auto answer = make_call(administrator);
  if (!answer) return report(context, answer.error());
  fmt::print("{}\n", context.json ? *answer : show(json::parse(*answer)));
  return exit_code::success;
}

std::string show_names(const json& answer) {
  std::string text;
  for (const json& name : answer.value("topics", json::array()))
    text +=
        (text.empty() ? "" : "\n") + escape_for_log(name.is_string() ? name.get<std::string>() : name.dump());
  return text.empty() ? "no topics yet" : text;
}

std::string show_created(const json& answer) {
  const std::string text = show_topic(answer.value("topic", json::object()));
  return answer.value("pending", json(false)) == json(true)
             ? text + "not every partition has a leader yet; ask again with 'marquee topic describe'"
             : text;
}

exit_code run_create(const command_context& context, const topic_arguments& arguments) {
  client::topic_request request{.name = arguments.name, .partitions = arguments.partitions};
  if (arguments.replication_factor > 0) request.replication_factor = arguments.replication_factor;
  for (const std::string& assignment : arguments.config) {
    const std::size_t equals = assignment.find('=');
    if (equals == std::string::npos)
      return report_usage(context, fmt::format("--config '{}' is not key=value", escape_for_log(assignment)));
    request.config[assignment.substr(0, equals)] = assignment.substr(equals + 1);
  }
  return ask(
      context, [&](client::administrator& cluster) { return cluster.create_topic(request); }, show_created);
}

void add_create(CLI::App& parent, command_context& context) {
  CLI::App* command = parent.add_subcommand("create", "make a topic");
  command->fallthrough();
  auto arguments = std::make_shared<topic_arguments>();
  command->add_option("name", arguments->name)->required();
  command->add_option("--partitions", arguments->partitions)
      ->check(CLI::Range(1, 1 << 20))
      ->capture_default_str();
  command->add_option("--replication-factor", arguments->replication_factor, "default: 3")
      ->check(CLI::Range(1, 100));
  command->add_option("--config", arguments->config, "key=value, such as durability=relaxed; may be repeated")
      ->expected(1)
      ->take_all();
  command->callback([&context, arguments] {
    context.action = [&context, arguments] { return run_create(context, *arguments); };
  });
}

void add_describe(CLI::App& parent, command_context& context) {
  CLI::App* command = parent.add_subcommand("describe", "show a topic's configuration and partitions");
  command->fallthrough();
  auto name = std::make_shared<std::string>();
  command->add_option("name", *name)->required();
  command->callback([&context, name] {
    context.action = [&context, name] {
      return ask(
          context, [&](client::administrator& cluster) { return cluster.describe_topic(*name); },
          [](const json& answer) { return show_topic(answer.value("topic", json::object())); });
    };
  });
}

void add_delete(CLI::App& parent, command_context& context) {
  CLI::App* command = parent.add_subcommand("delete", "delete a topic with all its records");
  command->fallthrough();
  auto name = std::make_shared<std::string>();
  command->add_option("name", *name)->required();
  command->callback([&context, name] {
    context.action = [&context, name] {
      return ask(
          context, [&](client::administrator& cluster) { return cluster.delete_topic(*name); },
          [&](const json&) { return fmt::format("topic '{}' is deleted", *name); });
    };
  });
}

void add_list(CLI::App& parent, command_context& context) {
  CLI::App* command = parent.add_subcommand("list", "print the names of all topics");
  command->fallthrough();
  command->callback([&context] {
    context.action = [&context] {
      return ask(context, [](client::administrator& cluster) { return cluster.list_topics(); }, show_names);
    };
  });
}

}  // namespace

void add_topic_command(CLI::App& app, command_context& context) {
  CLI::App* command = app.add_subcommand("topic", "make, list, show and delete topics");
  command->require_subcommand(1);
  add_create(*command, context);
  add_list(*command, context);
  add_describe(*command, context);
  add_delete(*command, context);
}

}  // namespace marquee::cli
