#include <fmt/format.h>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <memory>
#include <nlohmann/json.hpp>

#include "base/logging.h"
#include "cli/administration.h"
#include "cli/cluster_view.h"

namespace marquee::cli {

namespace {

using client::administrator;
using nlohmann::json;

struct topic_arguments {
  std::string name;
  std::int32_t partitions = 1;
  std::int32_t replication_factor = 0;
  std::vector<std::string> config;
};

std::string show_names(const json& answer) {
  std::string text;
  for (const json& name : answer.value("topics", json::array()))
    text +=
        (text.empty() ? "" : "\n") + escape_for_log(name.is_string() ? name.get<std::string>() : name.dump());
  return text.empty() ? "no topics yet" : text;
}

std::string show_one(const json& answer) {
  return show_topic(answer.value("topic", json::object()));
}

std::string show_created(const json& answer) {
  return answer.value("pending", json(false)) == json(true)
             ? show_one(answer) +
                   "not every partition has a leader yet; ask again with 'marquee topic describe'"
             : show_one(answer);
}

exit_code run_create(const command_context& context, const topic_arguments& arguments) {
  client::topic_request request{.name = arguments.name, .partitions = arguments.partitions};
  if (arguments.replication_factor > 0) request.replication_factor = arguments.replication_factor;
  const auto config = read_assignments(arguments.config, "--config");
  if (!config) return report_usage(context, config.error().message);
  request.config = *config;
  return ask(context, [&](administrator& cluster) { return cluster.create_topic(request); }, show_created);
}

exit_code run_alter(const command_context& context, const topic_arguments& arguments) {
  const auto config = read_assignments(arguments.config, "--config");
  if (!config) return report_usage(context, config.error().message);
  return ask(
      context, [&](administrator& cluster) { return cluster.alter_topic(arguments.name, *config); },
      [&](const json&) { return fmt::format("topic '{}' is changed", arguments.name); });
}

exit_code run_partitions(const command_context& context, const topic_arguments& arguments) {
  return ask(
      context,
      [&](administrator& cluster) { return cluster.set_partitions(arguments.name, arguments.partitions); },
      [&](const json&) {
        return fmt::format("topic '{}' has {} partitions", arguments.name, arguments.partitions);
      });
}

exit_code run_delete(const command_context& context, const topic_arguments& arguments) {
  return ask(
      context, [&](administrator& cluster) { return cluster.delete_topic(arguments.name); },
      [&](const json&) { return fmt::format("topic '{}' is deleted", arguments.name); });
}

using topic_task = exit_code (*)(const command_context&, const topic_arguments&);

/// A task about one topic, whose name comes first.
CLI::App* add_topic_task(CLI::App& parent, command_context& context, const std::string& name,
                         const std::string& what, const std::shared_ptr<topic_arguments>& arguments,
                         topic_task run) {
  CLI::App* command =
      add_task(parent, context, name, what, [&context, arguments, run] { return run(context, *arguments); });
  command->add_option("name", arguments->name, "of the topic")->required();
  return command;
}

CLI::Option* add_config_option(CLI::App& command, topic_arguments& arguments) {
  return command
      .add_option("--config", arguments.config, "key=value, such as durability=relaxed; may be repeated")
      ->expected(1)
      ->take_all();
}

}  // namespace

void add_topic_command(CLI::App& app, command_context& context) {
  CLI::App* command = app.add_subcommand("topic", "make, list, show, change and delete topics");
  command->require_subcommand(1);
  const auto arguments = std::make_shared<topic_arguments>();

  CLI::App* create = add_topic_task(*command, context, "create", "make a topic", arguments, run_create);
  create->add_option("--partitions", arguments->partitions)
      ->check(CLI::Range(1, 1 << 20))
      ->capture_default_str();
  create->add_option("--replication-factor", arguments->replication_factor, "default: 3")
      ->check(CLI::Range(1, 100));
  add_config_option(*create, *arguments);

  add_task(*command, context, "list", "print the names of all topics", [&context] {
    return ask(context, [](administrator& cluster) { return cluster.list_topics(); }, show_names);
  });
  add_topic_task(*command, context, "describe", "show a topic's configuration and partitions", arguments,
                 [](const command_context& with, const topic_arguments& which) {
                   return ask(
                       with, [&](administrator& cluster) { return cluster.describe_topic(which.name); },
                       show_one);
                 });
  CLI::App* alter =
      add_topic_task(*command, context, "alter", "change a topic's configuration", arguments, run_alter);
  add_config_option(*alter, *arguments)->required();
  CLI::App* partitions = add_topic_task(*command, context, "partitions", "grow a topic to so many partitions",
                                        arguments, run_partitions);
  partitions->add_option("count", arguments->partitions, "how many it shall have")
      ->required()
      ->check(CLI::Range(1, 1 << 20));
  add_topic_task(*command, context, "delete", "delete a topic with all its records", arguments, run_delete);
}

}  // namespace marquee::cli
