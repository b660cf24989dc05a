#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <cerrno>
#include <cstring>
#include <iostream>
#include <limits>
#include <map>
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
  std::string consumer_id;
  bool follow = false;
  bool raw = false;
  bool null_separated = false;
  std::int64_t max = 0;  ///< 0: all
  std::int32_t partition = -1;
  print_options print;
};

constexpr std::int64_t messages_a_request = 1'000;
constexpr std::int64_t follow_wait_ms = 1'000;
/// Without --follow: an empty answer may only mean that the manager has not read ahead yet.
constexpr std::int64_t short_wait_ms = 100;

/// What was printed, and how it ended.
struct reading {
  std::int64_t records = 0;
  std::map<std::int32_t, std::int64_t> next_offsets{};  ///< of the partitions with printed records
  bool reader_is_gone = false;                          ///< whoever read our output has closed it
  int output_error = 0;
};

/// True if the other end of a pipe was closed: found out while there is nothing to write, too.
bool is_output_gone() {
  pollfd output{.fd = STDOUT_FILENO, .events = 0, .revents = 0};
  return poll(&output, 1, 0) == 1 && (output.revents & POLLERR) != 0;
}

/// Prints the records of one answer that are wanted, at most `left`.
void print_batch(const client::consumed& got, const consume_arguments& arguments, std::int64_t& left,
                 reading& done) {
  std::map<std::int32_t, std::int64_t> next_offsets = done.next_offsets;
  std::int64_t printed = 0;
  errno = 0;
  for (const auto& record : got.messages) {
    if (left == 0) break;
    if (arguments.partition >= 0 && record.partition != arguments.partition) continue;
    print_record(std::cout, arguments.print, record);
    next_offsets[record.partition] = record.offset + 1;
    ++printed;
    --left;
  }
  if (!std::cout.flush()) {
    done.output_error = errno;
    done.reader_is_gone = errno == EPIPE || is_output_gone();
    return;
  }
  done.records += printed;
  done.next_offsets = std::move(next_offsets);
}

client::outcome<> commit(client::consumer& consumer, const reading& done) {
  std::vector<client::partition_position> positions;
  for (const auto& [partition, offset] : done.next_offsets)
    positions.push_back({.partition = partition, .offset = offset});
  if (positions.empty()) return {};
  return consumer.commit(positions);
}

/// Reads and prints until the end (or for ever with --follow), `max` records, an interruption or a closed
/// output. A consumer that goes on later commits what was printed, and only that.
client::outcome<> read_and_print(client::consumer& consumer, const consume_arguments& arguments,
                                 reading& done) {
  std::int64_t left = arguments.max > 0 ? arguments.max : std::numeric_limits<std::int64_t>::max();
  const bool is_lasting = !arguments.consumer_id.empty();
  while (left > 0 && !is_interrupted()) {
    const client::consume_limits limits{
        .max_messages = arguments.partition < 0 ? std::min(left, messages_a_request) : messages_a_request,
        .wait_ms = arguments.follow ? follow_wait_ms : short_wait_ms,
        .commit = is_lasting ? client::commit_mode::manual : client::commit_mode::automatic};
    const auto got = consumer.consume(limits);
    if (!got) return std::unexpected(got.error());
    if (got->skipped > 0)
      fmt::print(stderr, "marquee: {} records had been removed by retention before they were read\n",
                 got->skipped);
    print_batch(*got, arguments, left, done);
    if (!std::cout) return {};
    if (is_lasting && !got->messages.empty())
      if (auto committed = commit(consumer, done); !committed) return committed;
    if (is_output_gone()) {
      done.reader_is_gone = true;
      return {};
    }
    if (arguments.follow || !got->messages.empty()) continue;
    const auto size = consumer.size();
    if (!size) return std::unexpected(size.error());
    if (*size == 0) break;
  }
  return {};
}

/// A consumer that was made for this command goes with it, also after Ctrl-C, but does not keep the user
/// waiting.
void remove_consumer(client::client_options options, const std::string& id) {
  options.is_cancelled = nullptr;
  options.deadline_ms = std::min<std::int64_t>(options.deadline_ms, 3'000);
  options.attempt_timeout_ms = options.deadline_ms;
  client::consumer own(options, "", id);
  if (const auto removed = own.remove(); !removed)
    fmt::print(stderr, "marquee: the consumer {} could not be deleted: {}\n", id, to_string(removed.error()));
}

/// How far it got, for whoever goes on later.
void print_progress(const reading& done) {
  fmt::print(stderr, "marquee: {} records were printed", done.records);
  const char* comma = ", up to ";
  for (const auto& [partition, offset] : done.next_offsets) {
    fmt::print(stderr, "{}{}:{}", comma, partition, offset - 1);
    comma = ", ";
  }
  fmt::print(stderr, "\n");
}

exit_code finish(const command_context& context, const client::outcome<>& read, const reading& done) {
  if (done.reader_is_gone) return exit_code::success;
  if (!std::cout) {
    fmt::print(stderr, "marquee: writing to standard output failed: {}\n", strerror(done.output_error));
    return exit_code::refused;
  }
  if (is_interrupted()) {
    print_progress(done);
    return exit_code::interrupted;
  }
  if (read) return exit_code::success;
  const exit_code code = report(context, read.error());
  if (done.records == 0) return code;
  print_progress(done);
  return exit_code::incomplete;
}

exit_code run_consume(const command_context& context, consume_arguments arguments) {
  auto options = make_client_options(context);
  if (!options) return report_usage(context, options.error().message);
  if (arguments.null_separated) arguments.print.separator = '\0';
  if (arguments.raw) arguments.print.form = print_form::raw;
  if (context.json) arguments.print.form = print_form::json;
  const auto from =
      arguments.from == "latest" ? client::start_position::latest : client::start_position::earliest;
  client::outcome<client::consumer> consumer =
      client::consumer(*options, arguments.topic, arguments.consumer_id);
  if (arguments.consumer_id.empty())
    consumer = client::consumer::register_at(*options, arguments.topic, from);
  if (!consumer) return report(context, consumer.error());
  watch_for_interruption();
  std::ios::sync_with_stdio(false);
  reading done;
  const auto read = read_and_print(*consumer, arguments, done);
  if (arguments.consumer_id.empty()) remove_consumer(*options, consumer->id());
  return finish(context, read, done);
}

}  // namespace

void add_consume_command(CLI::App& app, command_context& context) {
  CLI::App* command =
      app.add_subcommand("consume", "print the records of a topic, in order for each partition");
  auto arguments = std::make_shared<consume_arguments>();
  command->add_option("topic", arguments->topic)->required();
  auto* from = command->add_option("--from", arguments->from, "earliest or latest")
                   ->check(CLI::IsMember({"earliest", "latest"}))
                   ->capture_default_str();
  command
      ->add_option(
          "--consumer-id", arguments->consumer_id,
          "go on where this consumer is, and commit what is printed; see 'marquee consumer register'")
      ->excludes(from);
  command->add_flag("--follow", arguments->follow, "go on waiting for new records until Ctrl-C");
  command->add_option("--max", arguments->max, "stop after so many records")
      ->check(CLI::Range(std::int64_t{1}, std::numeric_limits<std::int64_t>::max()));
  command->add_option("--partition", arguments->partition, "print only this one's records")
      ->check(CLI::Range(0, 1 << 30));
  command->add_flag("--offsets", arguments->print.offsets,
                    "put partition:offset and a tab in front of each record");
  command->add_flag("--timestamps", arguments->print.timestamps,
                    "put the time in milliseconds and a tab in front");
  command->add_flag("--key", arguments->print.key, "put the key and a tab in front");
  command->add_flag("--headers", arguments->print.headers, "put name=value,... and a tab in front");
  command->add_flag("--null", arguments->null_separated,
                    "end each record with a NUL byte instead of a newline, for 'xargs -0'");
  command->add_flag("--raw", arguments->raw,
                    "print the bytes alone, without a newline; one record unless --max");
  command->callback([&context, arguments] {
    if (arguments->raw && arguments->max == 0) arguments->max = 1;
    context.action = [&context, arguments] { return run_consume(context, *arguments); };
  });
}

}  // namespace marquee::cli
