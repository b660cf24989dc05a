#include <fmt/format.h>
#include <unistd.h>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <fstream>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "cli/command_context.h"
#include "cli/interruptible_input.h"
#include "cli/interruption.h"
#include "cli/produce_job.h"
#include "cli/progress.h"
#include "client/producer.h"

namespace marquee::cli {

namespace {

struct produce_arguments {
  std::string topic;
  std::string file;
  std::string producer_id;
  std::string key;
  bool has_key = false;
  std::int64_t key_field = 0;
  std::int64_t connections = 16;
  std::int64_t resume_at = 0;
  std::int32_t partition = -1;
  bool null_separated = false;
  std::vector<std::string> headers;
};

/// The whole file is one record.
result<input_record> read_whole_file(const produce_arguments& arguments) {
  std::ifstream input(arguments.file, std::ios::binary);
  if (!input) return fail(error_code::not_found, fmt::format("'{}' cannot be read", arguments.file));
  input_record record;
  record.value.resize(largest_record_bytes + 1);
  input.read(record.value.data(), static_cast<std::streamsize>(record.value.size()));
  if (input.bad()) return fail(error_code::io, fmt::format("reading '{}' failed", arguments.file));
  record.value.resize(static_cast<std::size_t>(input.gcount()));
  if (record.value.size() > largest_record_bytes)
    return fail(
        error_code::too_large,
        fmt::format(
            "'{}' is larger than a message may be (1048576 bytes, unless the topic's max.message.bytes "
            "says otherwise), and than the {} bytes that one request can carry",
            arguments.file, largest_record_bytes));
  if (arguments.has_key) record.key = arguments.key;
  return record;
}

/// Adds `record`, showing progress while there is no room. False if the job failed or was interrupted.
bool add_patiently(produce_job& job, progress& shown, input_record& record) {
  while (!job.has_failed() && !is_interrupted()) {
    if (shown.is_due()) shown.show(job.figures());
    if (job.add(record, 100)) return true;
  }
  return false;
}

result<> add_lines(produce_job& job, progress& shown, const produce_arguments& arguments) {
  key_options keys{.key = std::nullopt, .field = arguments.key_field};
  if (arguments.has_key) keys.key = arguments.key;
  interruptible_input buffer(STDIN_FILENO);
  std::istream input(&buffer);
  record_source source(input, keys, arguments.null_separated ? '\0' : '\n');
  while (true) {
    auto record = source.next();
    if (!record) return fail(record);
    // What was read up to an interruption may be half a record.
    if (!*record || is_interrupted()) return {};
    if ((*record)->number < arguments.resume_at) continue;
    if (!add_patiently(job, shown, **record)) return {};
  }
}

void print_summary(const command_context& context, const produce_arguments& arguments, produce_job& job) {
  const job_figures figures = job.figures();
  const double seconds = static_cast<double>(figures.elapsed_us) / 1e6;
  if (context.json) {
    const nlohmann::json shown = {{"topic", arguments.topic},
                                  {"producer_id", arguments.producer_id},
                                  {"records", figures.records},
                                  {"bytes", figures.bytes},
                                  {"seconds", seconds},
                                  {"records_per_s", static_cast<double>(figures.records) / seconds},
                                  {"p99_ms", static_cast<double>(figures.p99_us) / 1e3},
                                  {"duplicates", job.duplicates()},
                                  {"repeated_attempts", job.repeated_attempts()},
                                  {"stored_below", job.stored_below()}};
    fmt::print("{}\n", shown.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
    return;
  }
  fmt::print("stored in '{}': {} ({:.2f} s", arguments.topic, to_string(figures), seconds);
  if (job.repeated_attempts() > 0) fmt::print(", {} attempts repeated", job.repeated_attempts());
  if (job.duplicates() > 0) fmt::print(", {} were there already", job.duplicates());
  fmt::print(")\n");
}

/// How to go on after a failure, so that nothing is there twice.
void print_resumption(const command_context& context, const produce_arguments& arguments, produce_job& job) {
  const std::int64_t stored_below = job.stored_below();
  if (context.json) {
    const nlohmann::json shown = {{"status", "failure"},
                                  {"code", "INCOMPLETE"},
                                  {"message", "only a part of the input is stored"},
                                  {"producer_id", arguments.producer_id},
                                  {"resume_at", stored_below}};
    fmt::print(stderr, "{}\n", shown.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
    return;
  }
  fmt::print(
      stderr,
      "marquee: the first {} records are stored. To go on where it stopped, give the same input again with\n"
      "marquee:   --producer-id {} --resume-at {}\n",
      stored_below, arguments.producer_id, stored_below);
}

exit_code finish(const command_context& context, const produce_arguments& arguments, produce_job& job,
                 const result<>& input) {
  print_summary(context, arguments, job);
  if (is_interrupted()) {
    print_resumption(context, arguments, job);
    return exit_code::interrupted;
  }
  exit_code code = exit_code::success;
  if (const auto failure = job.failure())
    code = report(context, *failure);
  else if (!input)
    code = report_usage(context, input.error().message);
  if (code == exit_code::success || job.figures().records == 0) return code;
  print_resumption(context, arguments, job);
  return exit_code::incomplete;
}

result<std::vector<client::header>> read_headers(const std::vector<std::string>& texts) {
  std::vector<client::header> headers;
  for (const std::string& text : texts) {
    const std::size_t equals = text.find('=');
    if (equals == 0)
      return fail(error_code::invalid_argument, "--header needs a name: name=value, or name for null");
    headers.emplace_back(text.substr(0, equals),
                         equals == std::string::npos ? std::nullopt : std::optional(text.substr(equals + 1)));
  }
  return headers;
}

exit_code run_produce(const command_context& context, produce_arguments arguments) {
  const auto options = make_client_options(context);
  if (!options) return report_usage(context, options.error().message);
  if (arguments.resume_at > 0 && arguments.producer_id.empty())
    return report_usage(context, "--resume-at needs the --producer-id of the run that stopped");
  const auto headers = read_headers(arguments.headers);
  if (!headers) return report_usage(context, headers.error().message);
  result<input_record> whole_file = input_record{};
  if (!arguments.file.empty()) {
    whole_file = read_whole_file(arguments);
    if (!whole_file) return report_usage(context, whole_file.error().message);
  }
  if (arguments.producer_id.empty()) {
    const auto registered = client::producer::register_at(*options, arguments.topic);
    if (!registered) return report(context, registered.error());
    arguments.producer_id = registered->id();
  }
  watch_for_interruption();
  std::ios::sync_with_stdio(false);
  produce_options job_options{.client = *options,
                              .topic = arguments.topic,
                              .producer_id = arguments.producer_id,
                              .connections = arguments.file.empty() ? arguments.connections : 1,
                              .partition = std::nullopt,
                              .headers = *headers};
  if (arguments.partition >= 0) job_options.partition = arguments.partition;
  produce_job job(job_options);
  job.begin_at(arguments.resume_at);
  progress shown;
  result<> input;
  if (arguments.file.empty()) {
    input = add_lines(job, shown, arguments);
  } else {
    whole_file->number = arguments.resume_at;
    (void)add_patiently(job, shown, *whole_file);
  }
  job.finish([&] {
    if (shown.is_due()) shown.show(job.figures());
  });
  shown.finish();
  return finish(context, arguments, job, input);
}

}  // namespace

void add_produce_command(CLI::App& app, command_context& context) {
  CLI::App* command =
      app.add_subcommand("produce", "store records: one a line of standard input, or one file");
  auto arguments = std::make_shared<produce_arguments>();
  command->add_option("topic", arguments->topic, "made with one partition if it does not exist")->required();
  auto* file = command->add_option("--file", arguments->file, "this file, whatever its bytes, as one record");
  auto* key = command->add_option("--key", arguments->key, "key of all records");
  command
      ->add_option(
          "--key-field", arguments->key_field,
          "take each record's key from this field of its line, counted from 1 and separated by blanks; a "
          "line with fewer fields has no key")
      ->check(CLI::Range(1, 1'000'000))
      ->excludes(key)
      ->excludes(file);
  command
      ->add_option("--header", arguments->headers,
                   "name=value of all records, or name for a null value; may be repeated")
      ->expected(1)
      ->take_all();
  command->add_flag("--null", arguments->null_separated, "records end with a NUL byte instead of a newline")
      ->excludes(file);
  command->add_option("--partition", arguments->partition, "store all records there")
      ->check(CLI::Range(0, 1 << 30));
  command->add_option("--connections", arguments->connections, "requests at once; order is kept for each key")
      ->check(CLI::Range(1, 1024))
      ->capture_default_str();
  command->add_option("--producer-id", arguments->producer_id,
                      "of an earlier registration; default: a new one");
  command
      ->add_option("--resume-at", arguments->resume_at,
                   "leave out so many records: an earlier run stored them")
      ->check(CLI::Range(std::int64_t{0}, std::int64_t{1} << 53));
  command->callback([&context, arguments, key] {
    arguments->has_key = key->count() > 0;
    context.action = [&context, arguments] { return run_produce(context, *arguments); };
  });
}

}  // namespace marquee::cli
