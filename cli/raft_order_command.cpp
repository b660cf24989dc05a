#include <fmt/format.h>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <CLI/Validators.hpp>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "base/logging.h"
#include "cli/administration.h"
#include "cli/broker_access.h"
#include "cli/json_text.h"
#include "cli/partition_name.h"
#include "cli/raft_command.h"
#include "net/http_message.h"

namespace marquee::cli {

namespace {

using nlohmann::json;

struct order_arguments {
  std::string partition;
  broker_access_options access;
  std::string value;
  std::optional<std::string> key;
  std::int64_t offset = 0;
  std::int64_t count = 10;
  std::int64_t target = 0;
};

/// Who is asked when --broker names nobody.
enum class addressee : std::uint8_t { leader, any_follower };

exit_code report_answer(const command_context& context, const broker_answer& answer) {
  if (context.json) {
    json shown = answer.body.is_object() ? answer.body : json::object();
    shown.update({{"status", "failure"}, {"broker", answer.broker}});
    shown["code"] = answer.code.empty() ? "BAD_ANSWER" : answer.code;
    shown["message"] = answer.problem;
    fmt::print(stderr, "{}\n", dump(shown));
  } else {
    fmt::print(stderr, "marquee: {}: {}\n", answer.broker, escape_for_log(answer.problem, 4096));
    if (answer.code == "NOT_LEADER" && answer.body.contains("leader_http") &&
        answer.body["leader_http"].is_string())
      fmt::print(stderr, "marquee: ask the leader with --broker {}\n", text_at(answer.body, "leader_http"));
  }
  if (answer.code == "NO_REPLICA") return exit_code::not_found;
  if (answer.status == 0 || answer.status == 503) return exit_code::unavailable;
  return answer.status == 400 ? exit_code::usage : exit_code::refused;
}

/// What every broker that was asked says of its replica.
std::vector<broker_answer> ask_for_replicas(broker_access& access, const std::vector<std::string>& brokers,
                                            const partition_name& partition) {
  return access.ask_all(brokers, "GET",
                        fmt::format("/internal/raft?topic={}&partition={}",
                                    net::percent_encode(partition.topic), partition.partition));
}

/// Of several that call themselves leader the one with the highest term is it.
const broker_answer* find_leader(const std::vector<broker_answer>& answers) {
  const broker_answer* leader = nullptr;
  for (const broker_answer& each : answers)
    if (each.good() && each.body.value("role", "") == "leader" &&
        (leader == nullptr || each.body.value("term", 0) > leader->body.value("term", 0)))
      leader = &each;
  return leader;
}

/// Nobody leads, or nobody answers.
exit_code report_no_leader(const command_context& context, const partition_name& partition,
                           const std::vector<broker_answer>& answers) {
  const broker_answer* failed = nullptr;
  bool has_replica = false;
  for (const broker_answer& each : answers) {
    has_replica |= each.good();
    if (!each.good() && (failed == nullptr || failed->code == "NO_REPLICA")) failed = &each;
  }
  if (!has_replica && failed != nullptr) return report_answer(context, *failed);
  broker_answer none;
  none.broker = "all brokers that answered";
  none.status = 503;
  none.code = "NO_LEADER";
  none.problem = fmt::format(
      "{} has no leader now: an election is under way, or too few of its replicas are up; 'marquee raft "
      "status --partition {}' shows them",
      partition.text(), partition.text());
  return report_answer(context, none);
}

/// Everything that the orders have in common: reads the partition's name, finds whom to ask, prints.
exit_code give_order(const command_context& context, const order_arguments& arguments,
                     const std::string& method, const std::string& target, json body, addressee whom,
                     const std::function<std::string(const json&)>& show) {
  if (arguments.access.brokers.size() > 1)
    return report_usage(context, "this command goes to one broker: give --broker once");
  auto opened = open_partition(context, arguments.partition, arguments.access);
  if (!opened) return opened.error();
  const partition_name& partition = opened->partition;
  std::string broker = opened->brokers.empty() ? "" : opened->brokers.front();
  if (!opened->access.is_told_whom()) {
    const auto answers = ask_for_replicas(opened->access, opened->brokers, partition);
    const broker_answer* leader = find_leader(answers);
    if (leader == nullptr) return report_no_leader(context, partition, answers);
    broker = leader->broker;
    if (whom == addressee::any_follower)
      for (const broker_answer& each : answers)
        if (each.good() && each.body.value("role", "") == "follower") broker = each.broker;
  }
  body["topic"] = partition.topic;
  body["partition"] = partition.partition;
  const broker_answer answer = opened->access.ask(broker, method, target, body);
  if (!answer.good()) return report_answer(context, answer);
  json told = answer.body;
  told["broker"] = broker;
  fmt::print("{}\n", context.json ? dump(told) : show(told));
  return exit_code::success;
}

exit_code run_leader(const command_context& context, const order_arguments& arguments) {
  auto opened = open_partition(context, arguments.partition, arguments.access);
  if (!opened) return opened.error();
  const auto answers = ask_for_replicas(opened->access, opened->brokers, opened->partition);
  const broker_answer* leader = find_leader(answers);
  // A follower that was asked alone knows it too.
  for (const broker_answer& each : answers)
    if (leader == nullptr && each.good() && each.body.contains("leader") && each.body["leader"].is_number())
      leader = &each;
  if (leader == nullptr) return report_no_leader(context, opened->partition, answers);
  const json told = {{"topic", leader->body.value("topic", json())},
                     {"partition", opened->partition.partition},
                     {"leader", leader->body["leader"]},
                     {"term", leader->body["term"]},
                     {"told_by", leader->broker}};
  fmt::print("{}\n", context.json
                         ? dump(told)
                         : fmt::format("broker {} leads {} in term {} (says {})", text_at(told, "leader"),
                                       escape_for_log(opened->partition.text()), text_at(told, "term"),
                                       leader->broker));
  return exit_code::success;
}

std::string show_records(const json& told) {
  std::string text = fmt::format("{} ({}): log start {}, high watermark {} as this replica knows it",
                                 text_at(told, "broker"), text_at(told, "role"),
                                 text_at(told, "log_start_offset"), text_at(told, "high_watermark"));
  const json records = told.value("records", json::array());
  for (const json& record : records) {
    const bool is_text = record.contains("value");
    text += fmt::format("\n{}\t{}\t{}", text_at(record, "offset"),
                        text_at(record, record.contains("key") ? "key" : "key_base64"),
                        is_text ? text_at(record, "value") : "base64:" + text_at(record, "value_base64"));
  }
  if (records.empty()) text += "\nnothing is committed there as far as this replica knows";
  return text;
}

CLI::App* add_order(CLI::App& raft, const std::string& name, const std::string& what,
                    const std::shared_ptr<order_arguments>& arguments) {
  CLI::App* command = raft.add_subcommand(name, what);
  command->fallthrough();
  command->add_option("--partition", arguments->partition, "topic/number, such as orders/0")->required();
  add_broker_access_options(*command, arguments->access);
  command->footer(
      "Exit codes: 0 done; 1 the broker refused: it does not lead (the message says who does), or the order "
      "makes\nno sense there; 2 wrong command line; 3 no answer, or no leader now; 5 no replica there.");
  return command;
}

void add_store(CLI::App& raft, command_context& context) {
  auto arguments = std::make_shared<order_arguments>();
  CLI::App* command =
      add_order(raft, "store", "append one record at a broker; only the leader takes it", arguments);
  command->add_option("value", arguments->value, "the record's value")->required();
  command->add_option("--key", arguments->key, "the record's key");
  command->callback([&context, arguments] {
    context.action = [&context, arguments] {
      json body = {{"value", arguments->value}};
      if (arguments->key) body["key"] = *arguments->key;
      return give_order(context, *arguments, "POST", "/internal/raft/store", body, addressee::leader,
                        [](const json& told) {
                          return fmt::format("stored at offset {} by {}, term {}", text_at(told, "offset"),
                                             text_at(told, "broker"), text_at(told, "term"));
                        });
    };
  });
}

void add_retrieve(CLI::App& raft, command_context& context) {
  auto arguments = std::make_shared<order_arguments>();
  CLI::App* command = add_order(
      raft, "retrieve",
      "read what a replica holds and knows to be committed, leader or not: a follower may know less",
      arguments);
  command->add_option("--offset", arguments->offset, "where to begin")->check(CLI::NonNegativeNumber);
  command->add_option("--count", arguments->count, "how many records at most")->check(CLI::Range(1, 1000));
  command->callback([&context, arguments] {
    context.action = [&context, arguments] {
      const json body = {{"offset", arguments->offset}, {"count", arguments->count}};
      return give_order(context, *arguments, "POST", "/internal/raft/retrieve", body, addressee::leader,
                        show_records);
    };
  });
}

void add_timeout(CLI::App& raft, command_context& context) {
  auto arguments = std::make_shared<order_arguments>();
  CLI::App* command =
      add_order(raft, "timeout",
                "have a replica stand for election at once, whoever leads. Default: a follower", arguments);
  command->callback([&context, arguments] {
    context.action = [&context, arguments] {
      return give_order(
          context, *arguments, "POST", "/internal/raft/timeout", json::object(), addressee::any_follower,
          [](const json& told) { return fmt::format("{} stands for election", text_at(told, "broker")); });
    };
  });
}

void add_transfer(CLI::App& raft, command_context& context) {
  auto arguments = std::make_shared<order_arguments>();
  CLI::App* command =
      add_order(raft, "transfer", "have the leader hand leadership to another broker", arguments);
  command->add_option("--to", arguments->target, "id of the broker that is to lead")
      ->required()
      ->check(CLI::PositiveNumber);
  command->callback([&context, arguments] {
    context.action = [&context, arguments] {
      return give_order(
          context, *arguments, "POST", "/internal/raft/transfer", {{"target", arguments->target}},
          addressee::leader, [target = arguments->target](const json& told) {
            return fmt::format("{} hands leadership to broker {}", text_at(told, "broker"), target);
          });
    };
  });
}

}  // namespace

void add_raft_order_commands(CLI::App& raft, command_context& context) {
  auto arguments = std::make_shared<order_arguments>();
  CLI::App* leader = add_order(raft, "leader", "say who leads a partition", arguments);
  leader->callback([&context, arguments] {
    context.action = [&context, arguments] { return run_leader(context, *arguments); };
  });
  add_transfer(raft, context);
  add_timeout(raft, context);
  add_store(raft, context);
  add_retrieve(raft, context);
}

}  // namespace marquee::cli
