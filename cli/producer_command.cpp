#include <fmt/format.h>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <memory>
#include <nlohmann/json.hpp>

#include "cli/administration.h"
#include "client/producer.h"

namespace marquee::cli {

namespace {

using nlohmann::json;

exit_code run_register(const command_context& context, const std::string& topic) {
  const auto options = make_client_options(context);
  if (!options) return report_usage(context, options.error().message);
  const auto registered = client::producer::register_at(*options, topic);
  if (!registered) return report(context, registered.error());
  return print_answer(context, json({{"status", "success"}, {"producer_id", registered->id()}}).dump(),
                      [&](const json&) { return registered->id(); });
}

exit_code run_delete(const command_context& context, const std::string& id) {
  return ask(
      context, [&](client::administrator& cluster) { return cluster.delete_producer(id); },
      [](const json& answer) {
        return answer.value("already", json(false)) == json(true) ? "the producer was deleted before"
                                                                  : "the producer is deleted";
      });
}

}  // namespace

void add_producer_command(CLI::App& app, command_context& context) {
  CLI::App* command = app.add_subcommand("producer", "register and delete producers");
  command->require_subcommand(1);
  const auto name = std::make_shared<std::string>();
  add_task(*command, context, "register", "print the id of a new producer, for 'produce --producer-id'",
           [&context, name] { return run_register(context, *name); })
      ->add_option("topic", *name, "made with one partition if it does not exist")
      ->required();
  add_task(*command, context, "delete", "delete a producer; its records stay",
           [&context, name] { return run_delete(context, *name); })
      ->add_option("id", *name, "as 'register' printed it")
      ->required();
}

}  // namespace marquee::cli
