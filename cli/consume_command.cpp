#include <fmt/format.h>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <iostream>
#include <limits>
#include <memory>

#include "cli/command_context.h"
#include "cli/interruption.h"
#include "cli/record_printer.h"
#include "client/consumer.h"

namespace marquee::cli {

namespace {

struct consume_arguments {
  std::string topic;
  std::string from = "earliest";
  bool follow = false;
  bool offsets = false;
  bool raw = false;
  std::int64_t max = 0;  ///< 0: all
  std::int32_t partition = -1;
};

constexpr std::int64_t messages_a_request = 1'000;
constexpr std::int64_t follow_wait_ms = 1'000;
/// Without --follow: an empty answer may only mean that the manager has not read ahead yet.
constexpr std::int64_t short_wait_ms = 100;

print_form form_of(const command_context& context, const consume_arguments& arguments) {
  if (context.json) return print_form::json;
  if (arguments.raw) return print_form::raw;
  return arguments.offsets ? print_form::lines_with_offsets : print_form::lines;
}

/// Reads and prints until the end (or for ever with --follow), `max` records, an interruption or a closed
/// output.
client::outcome<> read_and_print(client::consumer& consumer, const consume_arguments& arguments,
                                 print_form form) {
  std::int64_t left = arguments.max > 0 ? arguments.max : std::numeric_limits<std::int64_t>::max();
  const bool takes_all_partitions = arguments.partition < 0;
  while (left > 0 && !is_interrupted() && std::cout) {
    const client::consume_limits limits{
        .max_messages = takes_all_partitions ? std::min(left, messages_a_request) : messages_a_request,
        .wait_ms = arguments.follow ? follow_wait_ms : short_wait_ms};
    const auto got = consumer.consume(limits);
    if (!got) return std::unexpected(got.error());
    if (got->skipped > 0)
      fmt::print(stderr, "marquee: {} records had been removed by retention before they were read\n",
                 got->skipped);
    for (const auto& record : got->messages) {
      if (left == 0) break;
      if (!takes_all_partitions && record.partition != arguments.partition) continue;
      print_record(std::cout, form, record);
      --left;
    }
    std::cout.flush();
    if (arguments.follow || !got->messages.empty()) continue;
    const auto size = consumer.size();
    if (!size) return std::unexpected(size.error());
    if (*size == 0) break;
  }
  return {};
}

exit_code run_consume(const command_context& context, const consume_arguments& arguments) {
  const auto options = make_client_options(context);
  if (!options) return report_usage(context, options.error().message);
  const auto from =
      arguments.from == "latest" ? client::start_position::latest : client::start_position::earliest;
  auto consumer = client::consumer::register_at(*options, arguments.topic, from);
  if (!consumer) return report(context, consumer.error());
  watch_for_interruption();
  std::ios::sync_with_stdio(false);
  const auto read = read_and_print(*consumer, arguments, form_of(context, arguments));
  std::cout.flush();
  if (const auto removed = consumer->remove(); !removed && read)
    fmt::print(stderr, "marquee: the consumer {} could not be deleted: {}\n", consumer->id(),
               to_string(removed.error()));
  if (!read) return report(context, read.error());
  if (!std::cout) return report_usage(context, "writing to standard output failed");
  return is_interrupted() ? exit_code::interrupted : exit_code::success;
}

}  // namespace

void add_consume_command(CLI::App& app, command_context& context) {
  CLI::App* command =
      app.add_subcommand("consume", "print the records of a topic, in order for each partition");
  auto arguments = std::make_shared<consume_arguments>();
  command->add_option("topic", arguments->topic)->required();
  command->add_option("--from", arguments->from, "earliest or latest")
      ->check(CLI::IsMember({"earliest", "latest"}))
      ->capture_default_str();
  command->add_flag("--follow", arguments->follow, "go on waiting for new records until Ctrl-C");
  command->add_option("--max", arguments->max, "stop after so many records")
      ->check(CLI::Range(std::int64_t{1}, std::numeric_limits<std::int64_t>::max()));
  command->add_option("--partition", arguments->partition, "print only this one's records")
      ->check(CLI::Range(0, 1 << 30));
  command->add_flag("--offsets", arguments->offsets,
                    "put partition:offset and a tab in front of each record");
  command->add_flag("--raw", arguments->raw,
                    "print the bytes alone, without a newline; one record unless --max");
  command->callback([&context, arguments] {
    if (arguments->raw && arguments->max == 0) arguments->max = 1;
    context.action = [&context, arguments] { return run_consume(context, *arguments); };
  });
}

}  // namespace marquee::cli
