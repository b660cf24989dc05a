#include <fmt/chrono.h>
#include <fmt/format.h>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <tuple>

#include "base/logging.h"
#include "cli/broker_access.h"
#include "cli/event_follower.h"
#include "cli/interruption.h"
#include "cli/json_text.h"
#include "cli/partition_name.h"
#include "cli/raft_command.h"
#include "cli/text_table.h"
#include "net/http_message.h"

namespace marquee::cli {

namespace {

using nlohmann::json;

struct status_arguments {
  std::string partition;
  broker_access_options access;
  bool follow = false;
};

/// Topic (name where known), partition.
std::string which(const json& replica) {
  return (text_at(replica, "topic") == "-" ? text_at(replica, "topic_id") : text_at(replica, "topic")) + "/" +
         text_at(replica, "partition");
}

std::string sync_of(const json& replica, const json* leader) {
  if (replica.value("in_doubt", false)) return "in doubt";
  if (leader == nullptr) return "-";
  if (leader == &replica) return "yes";
  for (const json& progress : leader->value("progress", json::array()))
    if (progress["broker_id"] == replica["broker_id"] && progress["incarnation"] == replica["incarnation"])
      return progress.value("in_sync", false)  ? "yes"
             : progress.value("active", false) ? "behind"
                                               : "no contact";
  return "not a member";
}

void print_event(const json& event) {
  const std::int64_t at_ms = event.value("at_ms", std::int64_t{0});
  const std::time_t seconds = at_ms / 1000;
  std::string line = fmt::format("{:%H:%M:%S}.{:03} broker {:<3}", fmt::gmtime(seconds), at_ms % 1000,
                                 text_at(event, "broker_id"));
  if (event.contains("topic_id"))
    line += fmt::format(" {:<20} term {:<4}", which(event), text_at(event, "term"));
  line += " " + text_at(event, "event");
  if (event.value("pre_vote", false)) line += " (pre-vote)";
  if (event.contains("other")) line += " broker " + text_at(event, "other");
  if (event.contains("missed")) line += ": " + text_at(event, "missed") + " events were not kept";
  if (event.contains("why")) line += ": " + text_at(event, "why");
  fmt::print("{}\n", line);
}

exit_code run_follow(const command_context& context, const std::optional<partition_name>& partition,
                     const std::vector<std::string>& brokers) {
  watch_for_interruption();
  event_subscription wanted;
  wanted.brokers = brokers;
  if (partition)
    wanted.target +=
        fmt::format("?topic={}&partition={}", net::percent_encode(partition->topic), partition->partition);
  wanted.on_event = [&context](const std::string& broker, const std::string& data) {
    json event = json::parse(data, nullptr, /*allow_exceptions=*/false);
    if (!event.is_object()) return;
    if (!event.contains("broker_id")) event["broker_id"] = broker;
    if (context.json)
      fmt::print("{}\n", dump(event));
    else
      print_event(event);
    (void)std::fflush(stdout);
  };
  wanted.on_state = [](const std::string& broker, const std::string& problem) {
    fmt::print(stderr, "marquee: {}: {}\n", broker,
               problem.empty() ? "follows its events" : escape_for_log(problem) + "; tries again");
  };
  follow_events(wanted, [] { return is_interrupted() || std::ferror(stdout) != 0; });
  return is_interrupted() ? exit_code::interrupted : exit_code::success;
}

/// Replicas of all answers, in the order of partitions and brokers, each once however many names its broker
/// has; those of brokers that did not answer are counted.
struct gathered {
  std::vector<json> replicas;
  std::vector<const broker_answer*> failed;
};

gathered gather(const std::vector<broker_answer>& answers) {
  gathered all;
  for (const broker_answer& each : answers) {
    if (each.good() && each.body.contains("replicas"))
      for (const json& one : each.body["replicas"]) all.replicas.push_back(one);
    else if (each.good())
      all.replicas.push_back(each.body);
    else if (each.code != "NO_REPLICA")
      all.failed.push_back(&each);
  }
  const auto place = [](const json& one) {
    return std::tuple(text_at(one, "topic"), text_at(one, "topic_id"), one.value("partition", 0),
                      one.value("broker_id", 0), text_at(one, "incarnation"));
  };
  std::ranges::sort(all.replicas, {}, place);
  const auto repeated = std::ranges::unique(all.replicas, {}, place);
  all.replicas.erase(repeated.begin(), repeated.end());
  return all;
}

exit_code run_status(const command_context& context, const status_arguments& arguments) {
  std::optional<partition_name> partition;
  if (!arguments.partition.empty() && !(partition = parse_partition_name(arguments.partition)))
    return report_usage(context, fmt::format("--partition '{}' is not topic/number, such as orders/0",
                                             escape_for_log(arguments.partition)));
  auto access = broker_access::make(context, arguments.access);
  if (!access) return report_usage(context, access.error().message);
  const auto brokers = access->brokers();
  if (!brokers) return report(context, brokers.error());
  if (arguments.follow) return run_follow(context, partition, *brokers);
  const std::string target = partition
                                 ? fmt::format("/internal/raft?topic={}&partition={}",
                                               net::percent_encode(partition->topic), partition->partition)
                                 : "/internal/raft";
  const auto answers = access->ask_all(*brokers, "GET", target);
  const gathered all = gather(answers);
  if (context.json) {
    json silent = json::array();
    for (const broker_answer* each : all.failed)
      silent.push_back({{"broker", each->broker}, {"problem", each->problem}});
    fmt::print("{}\n", dump({{"replicas", all.replicas}, {"without_answer", std::move(silent)}}));
  } else if (!all.replicas.empty()) {
    fmt::print("{}", show_replicas(all.replicas));
  }
  for (const broker_answer* each : all.failed)
    fmt::print(stderr, "marquee: {} did not answer: {}\n", each->broker, escape_for_log(each->problem));
  if (!all.replicas.empty()) return all.failed.empty() ? exit_code::success : exit_code::incomplete;
  if (!all.failed.empty()) return exit_code::unavailable;
  if (!partition) return exit_code::success;
  fmt::print(stderr, "marquee: no broker that was asked has a replica of {}\n",
             escape_for_log(partition->text()));
  return exit_code::not_found;
}

}  // namespace

std::string show_replicas(const std::vector<json>& replicas) {
  std::map<std::string, const json*> leaders;
  for (const json& each : replicas)
    if (each.value("role", "") == "leader") {
      const json*& known = leaders[which(each)];
      if (known == nullptr || each.value("term", 0) > known->value("term", 0)) known = &each;
    }
  std::vector<std::vector<std::string>> rows = {{"PARTITION", "BROKER", "ROLE", "TERM", "LEADER", "LOG START",
                                                 "COMMIT", "APPLIED", "LAST", "LAG", "IN SYNC"}};
  std::string fenced;
  for (const json& each : replicas) {
    const auto found = leaders.find(which(each));
    const json* leader = found == leaders.end() ? nullptr : found->second;
    const std::int64_t lag = leader == nullptr ? 0
                                               : leader->value("last_index", std::int64_t{0}) -
                                                     each.value("last_index", std::int64_t{0});
    rows.push_back({which(each), text_at(each, "broker_id"), text_at(each, "role"), text_at(each, "term"),
                    text_at(each, "leader"), text_at(each, "log_start_offset"), text_at(each, "commit_index"),
                    text_at(each, "applied_index"), text_at(each, "last_index"),
                    leader == nullptr ? "-" : std::to_string(std::max<std::int64_t>(lag, 0)),
                    sync_of(each, leader)});
    if (each.contains("fenced") && each["fenced"].is_string())
      fenced += fmt::format("{} on broker {} is fenced: {}\n", which(each), text_at(each, "broker_id"),
                            text_at(each, "fenced"));
  }
  return to_text(rows) + (fenced.empty() ? "" : "\n" + fenced);
}

void add_raft_status_commands(CLI::App& raft, command_context& context) {
  auto arguments = std::make_shared<status_arguments>();
  CLI::App* command = raft.add_subcommand(
      "status", "a line for every replica: role, term, leader, log, lag, doubt and why it is fenced");
  command->fallthrough();
  command->add_option("--partition", arguments->partition,
                      "topic/number, such as orders/0. Default: every partition");
  add_broker_access_options(*command, arguments->access);
  command->add_flag(
      "--follow", arguments->follow,
      "instead print elections, votes and the like of all brokers as they happen, until Ctrl-C");
  command->footer(
      "Exit codes: 0 all brokers answered; 2 wrong command line; 3 none answered; 4 some did not (what the "
      "others\nsaid is printed); 5 no broker has a replica; 130 Ctrl-C ended --follow.");
  command->callback([&context, arguments] {
    context.action = [&context, arguments] { return run_status(context, *arguments); };
  });
}

}  // namespace marquee::cli
