#include <fmt/format.h>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <charconv>
#include <limits>
#include <memory>
#include <nlohmann/json.hpp>

#include "base/logging.h"
#include "cli/administration.h"
#include "cli/text_table.h"
#include "client/consumer.h"

namespace marquee::cli {

namespace {

using client::consumer;
using nlohmann::json;

struct consumer_arguments {
  std::string topic;
  std::string id;
  std::string group;
  std::string from = "earliest";
  std::string to;
  std::int64_t timestamp = -1;
  std::vector<std::string> positions;
};

template <class Number>
bool read_number(std::string_view text, Number& number) {
  const auto [end, wrong] = std::from_chars(text.data(), text.data() + text.size(), number);
  return wrong == std::errc() && end == text.data() + text.size() && number >= 0;
}

/// "partition:offset" texts.
result<std::vector<client::partition_position>> read_positions(const std::vector<std::string>& texts) {
  std::vector<client::partition_position> positions;
  for (const std::string_view text : texts) {
    const std::size_t colon = text.find(':');
    client::partition_position position;
    if (colon == std::string_view::npos || !read_number(text.substr(0, colon), position.partition) ||
        !read_number(text.substr(colon + 1), position.offset))
      return fail(error_code::invalid_argument,
                  fmt::format("'{}' is not partition:offset, such as 0:42", escape_for_log(text)));
    positions.push_back(position);
  }
  return positions;
}

/// The success of a call that has no value as the cluster's own answer.
client::outcome<std::string> as_answer(const client::outcome<>& done) {
  if (!done) return std::unexpected(done.error());
  return json({{"status", "success"}}).dump();
}

std::string show_consumer(const json& answer) {
  const json shown = answer.value("consumer", json::object());
  const auto cell = [](const json& object, const char* name) {
    const json found = object.is_object() ? object.value(name, json()) : json();
    if (found.is_null()) return std::string("-");
    return escape_for_log(found.is_string() ? found.get<std::string>() : found.dump());
  };
  std::vector<std::vector<std::string>> rows = {{"PARTITION", "COMMITTED", "LAG"}};
  const json positions = shown.is_object() ? shown.value("positions", json::array()) : json::array();
  for (const json& position : positions)
    rows.push_back({cell(position, "partition"), cell(position, "offset"), cell(position, "lag")});
  return fmt::format("topic {}, group {}, last seen {} ms\n\n{}", cell(shown, "topic"), cell(shown, "group"),
                     cell(shown, "last_seen_ms"), to_text(rows));
}

exit_code run_register(const command_context& context, const client::client_options& options,
                       const consumer_arguments& arguments) {
  const auto from =
      arguments.from == "latest" ? client::start_position::latest : client::start_position::earliest;
  const auto group = arguments.group.empty() ? std::nullopt : std::optional(arguments.group);
  const auto registered = consumer::register_at(options, arguments.topic, from, group);
  if (!registered) return report(context, registered.error());
  return print_answer(context, json({{"status", "success"}, {"consumer_id", registered->id()}}).dump(),
                      [&](const json&) { return registered->id(); });
}

exit_code run_show(const command_context& context, const client::client_options& options,
                   const consumer_arguments& arguments) {
  return print_answer(context, consumer(options, "", arguments.id).describe(), show_consumer);
}

exit_code run_commit(const command_context& context, const client::client_options& options,
                     const consumer_arguments& arguments) {
  const auto positions = read_positions(arguments.positions);
  if (!positions) return report_usage(context, positions.error().message);
  return print_answer(context, as_answer(consumer(options, "", arguments.id).commit(*positions)),
                      [](const json&) { return "committed"; });
}

exit_code run_seek(const command_context& context, const client::client_options& options,
                   const consumer_arguments& arguments) {
  const auto positions = read_positions(arguments.positions);
  if (!positions) return report_usage(context, positions.error().message);
  const int ways =
      (arguments.to.empty() ? 0 : 1) + (arguments.timestamp < 0 ? 0 : 1) + (positions->empty() ? 0 : 1);
  if (ways != 1)
    return report_usage(context, "say where to with exactly one of --to, --timestamp and partition:offset");
  consumer reader(options, "", arguments.id);
  client::outcome<> done;
  if (!arguments.to.empty())
    done = reader.seek(arguments.to == "latest" ? client::start_position::latest
                                                : client::start_position::earliest);
  else if (arguments.timestamp >= 0)
    done = reader.seek_to_timestamp(arguments.timestamp);
  else
    done = reader.seek(*positions);
  return print_answer(context, as_answer(done),
                      [](const json&) { return "the next consume reads from there"; });
}

exit_code run_size(const command_context& context, const client::client_options& options,
                   const consumer_arguments& arguments) {
  std::string topic = arguments.topic;
  if (topic.empty()) {
    const auto described = consumer(options, "", arguments.id).describe();
    if (!described) return report(context, described.error());
    const json answer = json::parse(*described);
    topic = answer.value("/consumer/topic"_json_pointer, std::string());
  }
  const auto size = consumer(options, topic, arguments.id).size();
  if (!size) return report(context, size.error());
  return print_answer(context, json({{"status", "success"}, {"size", *size}}).dump(),
                      [&](const json&) { return std::to_string(*size); });
}

exit_code run_delete(const command_context& context, const client::client_options& options,
                     const consumer_arguments& arguments) {
  return print_answer(context, as_answer(consumer(options, "", arguments.id).remove()),
                      [](const json&) { return "the consumer is deleted"; });
}

using consumer_task = exit_code (*)(const command_context&, const client::client_options&,
                                    const consumer_arguments&);

CLI::App* add_consumer_task(CLI::App& parent, command_context& context, const std::string& name,
                            const std::string& what, const std::shared_ptr<consumer_arguments>& arguments,
                            consumer_task run) {
  return add_task(parent, context, name, what, [&context, arguments, run] {
    const auto options = make_client_options(context);
    if (!options) return report_usage(context, options.error().message);
    return run(context, *options, *arguments);
  });
}

CLI::App* add_task_of_id(CLI::App& parent, command_context& context, const std::string& name,
                         const std::string& what, const std::shared_ptr<consumer_arguments>& arguments,
                         consumer_task run) {
  CLI::App* command = add_consumer_task(parent, context, name, what, arguments, run);
  command->add_option("id", arguments->id, "as 'register' printed it")->required();
  return command;
}

}  // namespace

void add_consumer_command(CLI::App& app, command_context& context) {
  CLI::App* command = app.add_subcommand("consumer", "register consumers, show and move their positions");
  command->require_subcommand(1);
  const auto arguments = std::make_shared<consumer_arguments>();
  const auto is_position = CLI::IsMember({"earliest", "latest"});

  CLI::App* made = add_consumer_task(*command, context, "register",
                                     "print the id of a new consumer, for 'consume --consumer-id'", arguments,
                                     run_register);
  made->add_option("topic", arguments->topic)->required();
  made->add_option("--from", arguments->from, "earliest or latest")
      ->check(is_position)
      ->capture_default_str();
  made->add_option("--group", arguments->group,
                   "share the topic's partitions with the group's other members");

  add_task_of_id(*command, context, "show", "print committed positions and lag", arguments, run_show);
  add_task_of_id(*command, context, "commit", "set committed positions", arguments, run_commit)
      ->add_option("positions", arguments->positions, "partition:offset, the next offset to read")
      ->required();
  CLI::App* seek = add_task_of_id(*command, context, "seek", "set where reading goes on, and commit it",
                                  arguments, run_seek);
  seek->add_option("positions", arguments->positions, "partition:offset, the next offset to read");
  seek->add_option("--to", arguments->to, "earliest or latest")->check(is_position);
  seek->add_option("--timestamp", arguments->timestamp,
                   "the first records at or after this time, in milliseconds since 1970 UTC")
      ->check(CLI::Range(std::int64_t{0}, std::numeric_limits<std::int64_t>::max()));
  add_task_of_id(*command, context, "size", "print how many records it has not read", arguments, run_size)
      ->add_option("--topic", arguments->topic, "default: what the cluster says");
  add_task_of_id(*command, context, "delete", "delete a consumer and its positions", arguments, run_delete);
}

}  // namespace marquee::cli
