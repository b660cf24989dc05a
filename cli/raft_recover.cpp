#include "cli/raft_recover.h"

#include <fmt/format.h>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/logging.h"
#include "cli/broker_access.h"
#include "cli/command_context.h"

namespace marquee::cli {

namespace {

using nlohmann::json;

struct recover_arguments {
  std::string partition;
  broker_access_options access;
  bool accept_loss = false;
};

recovered_replica read_answer(const std::string& broker, const broker_answer& answer) {
  recovered_replica read;
  read.broker = broker;
  if (!answer.good()) {
    if (answer.code == "NO_REPLICA") read.answer = replica_answer::no_replica;
    read.problem = answer.problem;
    return read;
  }
  const json& body = answer.body;
  read.answer = replica_answer::told;
  read.was_in_doubt = body.value("was_in_doubt", false);
  read.in_doubt = body.value("in_doubt", false);
  read.last_index = body.value("last_index", std::int64_t{0});
  read.has_leader = body.contains("leader") && body["leader"].is_number();
  return read;
}

json recovery_json(const std::vector<recovered_replica>& replicas) {
  json list = json::array();
  for (const recovered_replica& each : replicas) {
    json one = {{"broker", each.broker}};
    if (each.answer == replica_answer::told)
      one.update({{"was_in_doubt", each.was_in_doubt},
                  {"in_doubt", each.in_doubt},
                  {"knows_a_leader", each.has_leader},
                  {"last_index", each.last_index}});
    else
      one["problem"] = each.problem;
    list.push_back(std::move(one));
  }
  return {{"brokers", std::move(list)}};
}

exit_code run_recover(const command_context& context, const recover_arguments& arguments) {
  auto opened = open_partition(context, arguments.partition, arguments.access);
  if (!opened) return opened.error();

  const json body = {{"topic", opened->partition.topic},
                     {"partition", opened->partition.partition},
                     {"accept_loss", arguments.accept_loss}};
  std::vector<recovered_replica> replicas;
  for (const broker_answer& each : opened->access.ask_all(opened->brokers, "POST", "/internal/recover", body))
    replicas.push_back(read_answer(each.broker, each));
  const exit_code end = judge_recovery(replicas, arguments.accept_loss);
  const std::string text =
      context.json ? recovery_json(replicas).dump(-1, ' ', false, json::error_handler_t::replace) + "\n"
                   : describe_recovery(opened->partition, replicas, arguments.accept_loss);
  fmt::print(end == exit_code::success ? stdout : stderr, "{}", text);
  return end;
}

}  // namespace

exit_code judge_recovery(const std::vector<recovered_replica>& replicas, bool loss_is_accepted) {
  const auto is = [](replica_answer what) {
    return [what](const recovered_replica& each) { return each.answer == what; };
  };
  if (std::ranges::none_of(replicas, is(replica_answer::told)))
    return std::ranges::any_of(replicas, is(replica_answer::failed)) ? exit_code::unavailable
                                                                     : exit_code::not_found;
  if (!loss_is_accepted && std::ranges::any_of(replicas, &recovered_replica::in_doubt))
    return exit_code::refused;
  return std::ranges::any_of(replicas, is(replica_answer::failed)) ? exit_code::incomplete
                                                                   : exit_code::success;
}

std::string describe_recovery(const partition_name& partition, const std::vector<recovered_replica>& replicas,
                              bool loss_is_accepted) {
  std::string text;
  bool in_doubt = false;
  bool accepted = false;
  bool missing = false;
  bool found = false;
  for (const recovered_replica& each : replicas) {
    if (each.answer == replica_answer::no_replica) continue;
    if (each.answer == replica_answer::failed) {
      missing = true;
      text += fmt::format("{}: not reached: {}\n", each.broker, escape_for_log(each.problem));
      continue;
    }
    found = true;
    in_doubt |= each.in_doubt;
    accepted |= each.was_in_doubt && !each.in_doubt;
    text += fmt::format("{}: {}, last entry {}, {}\n", each.broker,
                        each.in_doubt       ? "in doubt"
                        : each.was_in_doubt ? "was in doubt, loss accepted"
                                            : "not in doubt",
                        each.last_index, each.has_leader ? "knows a leader" : "knows no leader");
  }
  const std::string which = fmt::format("{}/{}", escape_for_log(partition.topic), partition.partition);
  if (!found) return text + fmt::format("no broker that was reached has a replica of {}\n", which);
  if (in_doubt && !loss_is_accepted)
    text += fmt::format(
        "{} was not changed. Replicas in doubt lost power before their last writes were synced: when all "
        "voters are up they settle it themselves, and nothing that one of them still has is lost. With "
        "--accept-loss those reached here go on with what they have. Records of the last flush.ms before the "
        "power went, and whatever only a replica that is not reached still has, may then be gone although "
        "they were acknowledged; a replica that comes back with more stands aside.\n",
        which);
  if (accepted)
    text +=
        fmt::format("{} goes on with what these replicas have, as soon as a majority of its voters is up{}\n",
                    which, missing ? "; run this again if one of those not reached comes back in doubt" : "");
  if (!in_doubt && !accepted) text += fmt::format("no replica of {} is in doubt: nothing to do\n", which);
  return text;
}

void add_raft_recover_command(CLI::App& raft, command_context& context) {
  CLI::App* command = raft.add_subcommand(
      "recover",
      "bring a partition with durability=relaxed back that waits for voters after a loss of power. Without "
      "--accept-loss it only says what there is");
  command->fallthrough();
  auto arguments = std::make_shared<recover_arguments>();
  command->add_option("--partition", arguments->partition, "topic/number, such as orders/0")->required();
  add_broker_access_options(*command, arguments->access);
  command->add_flag("--accept-loss", arguments->accept_loss,
                    "go on with what the replicas that are reached have, whatever is lost by it");
  command->footer(
      "Exit codes: 0 nothing that was reached is in doubt; 1 replicas are in doubt and --accept-loss was "
      "not\n"
      "given; 2 wrong command line; 3 no broker with a replica answered; 4 some brokers were not reached;\n"
      "5 no broker has a replica of the partition.");
  command->callback([&context, arguments] {
    context.action = [&context, arguments] { return run_recover(context, *arguments); };
  });
}

}  // namespace marquee::cli
