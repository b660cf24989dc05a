#include <fmt/format.h>

#include <CLI/App.hpp>
#include <CLI/Validators.hpp>
#include <memory>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/file_system.h"
#include "broker/topic_catalog.h"
#include "cli/command_context.h"
#include "cli/log_report.h"
#include "cli/partition_name.h"
#include "raft/storage/log_check.h"

namespace marquee::cli {

namespace {

struct log_options {
  std::string data_dir;
  std::string partition;
  std::int64_t from = 0;
};

exit_code fail_with(const command_context& context, exit_code code, const std::string& message) {
  if (context.json)
    fmt::print("{}\n", nlohmann::json{{"status", "error"}, {"message", message}}.dump());
  else
    fmt::print(stderr, "marquee log: {}\n", message);
  return code;
}

/// Names are those that the broker knew when it stopped.
result<raft::log_selection> select(const log_options& options) {
  raft::log_selection wanted;
  wanted.from = log_index(options.from);
  if (options.partition.empty()) return wanted;
  const auto name = parse_partition_name(options.partition);
  if (!name)
    return fail(error_code::invalid_argument,
                "--partition wants TOPIC/NUMBER, TOPIC a name or an id, not " + options.partition);
  if (const auto id = uuid::parse(name->topic)) {
    wanted.group = group_id{*id, partition_id(name->partition)};
    return wanted;
  }
  broker::topic_catalog catalog(system_file_system(), options.data_dir + "/metadata.json");
  if (auto loaded = catalog.load(); !loaded)
    return fail(loaded, "looking up the topic's id (give it instead)");
  const auto known = catalog.snapshot();
  const broker::topic_metadata* topic = known->find(std::string_view(name->topic));
  if (topic == nullptr)
    return fail(error_code::not_found,
                options.data_dir + "/metadata.json names no topic " + name->topic + ": give its id instead");
  wanted.group = group_id{topic->topic_id, partition_id(name->partition)};
  return wanted;
}

exit_code code_of(const error& why) {
  if (why.code == error_code::invalid_argument) return exit_code::usage;
  return why.code == error_code::not_found ? exit_code::not_found : exit_code::refused;
}

exit_code verify(const command_context& context, const log_options& options) {
  const auto lock = raft::lock_data_dir(system_file_system(), options.data_dir);
  if (!lock) return fail_with(context, code_of(lock.error()), lock.error().message);
  const auto wanted = select(options);
  if (!wanted) return fail_with(context, code_of(wanted.error()), wanted.error().message);
  nlohmann::json findings = nlohmann::json::array();
  const auto checked =
      raft::check_log(system_file_system(), options.data_dir, *wanted, [&](const raft::log_finding& found) {
        if (context.json)
          findings.push_back(nlohmann::json::parse(to_json(found)));
        else
          fmt::print("{}\n", to_text(found));
      });
  if (!checked) return fail_with(context, code_of(checked.error()), checked.error().message);
  if (context.json)
    fmt::print("{}\n", nlohmann::json{{"status", checked->damages == 0 ? "sound" : "damaged"},
                                      {"wal_files", checked->wal_files},
                                      {"wal_records", checked->wal_records},
                                      {"groups", checked->groups},
                                      {"segments", checked->segments},
                                      {"entries", checked->entries},
                                      {"damages", checked->damages},
                                      {"findings", findings}}
                           .dump());
  else
    fmt::print("{}\n", to_text(*checked));
  return checked->damages == 0 ? exit_code::success : exit_code::refused;
}

exit_code dump(const command_context& context, const log_options& options) {
  const auto lock = raft::lock_data_dir(system_file_system(), options.data_dir);
  if (!lock) return fail_with(context, code_of(lock.error()), lock.error().message);
  const auto wanted = select(options);
  if (!wanted) return fail_with(context, code_of(wanted.error()), wanted.error().message);
  std::string file;
  const auto listed =
      raft::list_log(system_file_system(), options.data_dir, *wanted, [&](const raft::log_item& item) {
        if (context.json) return fmt::print("{}\n", to_json(item));
        if (item.file != file) fmt::print("{}\n", item.file);
        file = item.file;
        fmt::print("{}\n", to_text(item));
      });
  if (!listed) return fail_with(context, code_of(listed.error()), listed.error().message);
  return exit_code::success;
}

void add_options(CLI::App& command, log_options& options) {
  command.add_option("data_dir", options.data_dir, "a stopped broker's data directory")->required();
  command.add_option("--partition", options.partition, "only this one: TOPIC/NUMBER, TOPIC a name or an id");
  command.add_option("--from", options.from, "leave entries before this log index out")
      ->check(CLI::NonNegativeNumber);
}

}  // namespace

void add_log_command(CLI::App& app, command_context& context) {
  CLI::App* log =
      app.add_subcommand("log", "look into the data directory of a stopped broker; changes nothing");
  log->require_subcommand(1);
  const auto options = std::make_shared<log_options>();
  CLI::App* verifying = log->add_subcommand(
      "verify",
      "check all checksums and that everything goes on; 0: sound, 1: damaged, or a broker runs on it");
  add_options(*verifying, *options);
  verifying->callback(
      [&context, options] { context.action = [&context, options] { return verify(context, *options); }; });
  CLI::App* dumping =
      log->add_subcommand("dump", "print the write-ahead log and the segments, in plain words or JSON lines");
  add_options(*dumping, *options);
  dumping->callback(
      [&context, options] { context.action = [&context, options] { return dump(context, *options); }; });
}

}  // namespace marquee::cli
