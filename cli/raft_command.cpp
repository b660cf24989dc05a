#include "cli/raft_command.h"

#include <fmt/format.h>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <charconv>
#include <memory>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/logging.h"
#include "cli/command_context.h"
#include "client/administrator.h"
#include "net/cluster_secret.h"
#include "net/endpoint.h"
#include "net/event_loop.h"
#include "net/http_client.h"

namespace marquee::cli {

namespace {

using nlohmann::json;

struct recover_arguments {
  std::string partition;
  std::vector<std::string> brokers;
  std::string secret_file;
  bool accept_loss = false;
};

std::string without_scheme(std::string address) {
  constexpr std::string_view scheme = "http://";
  if (address.starts_with(scheme)) address.erase(0, scheme.size());
  return address;
}

/// Those of --broker, else those that the cluster names.
client::outcome<std::vector<std::string>> find_brokers(const client::client_options& options,
                                                       const recover_arguments& arguments) {
  std::vector<std::string> found;
  for (const std::string& each : arguments.brokers) found.push_back(without_scheme(each));
  if (!found.empty()) return found;
  client::administrator administrator(options);
  const auto answer = administrator.cluster();
  if (!answer) return std::unexpected(answer.error());
  const json cluster = json::parse(*answer, nullptr, /*allow_exceptions=*/false);
  if (cluster.is_object())
    for (const json& process : cluster.value("processes", json::array()))
      if (process.value("role", "") == "broker") found.push_back(without_scheme(process.value("http", "")));
  return found;
}

void read_answer(const net::http_response& response, recovered_replica& read) {
  const json body = json::parse(response.body, nullptr, /*allow_exceptions=*/false);
  if (!body.is_object()) {
    read.problem = fmt::format("answered {} without JSON", response.status);
    return;
  }
  if (response.status != 200) {
    if (body.value("code", "") == "NO_REPLICA") read.answer = replica_answer::no_replica;
    read.problem = body.value("message", fmt::format("answered {}", response.status));
    return;
  }
  read.answer = replica_answer::told;
  read.was_in_doubt = body.value("was_in_doubt", false);
  read.in_doubt = body.value("in_doubt", false);
  read.last_index = body.value("last_index", std::int64_t{0});
  read.has_leader = body.contains("leader") && body["leader"].is_number();
}

recovered_replica ask_broker(net::event_loop& loop, const net::cluster_secret& secret,
                             const std::string& broker, const std::string& body, std::int64_t timeout_ms) {
  recovered_replica read;
  read.broker = broker;
  const auto where = net::parse_endpoint(broker);
  if (!where) {
    read.problem = where.error().message;
    return read;
  }
  net::http_request request;
  request.method = "POST";
  request.target = "/internal/recover";
  request.path = request.target;
  request.headers.set("Content-Type", "application/json");
  request.body = body;
  secret.sign(request);
  loop.spawn_and_wait([&]() -> net::task<void> {
    net::http_client client(loop);
    const net::http_outcome got =
        co_await client.send(*where, std::move(request), {.timeout_ms = timeout_ms});
    if (got.response)
      read_answer(*got.response, read);
    else
      read.problem = got.response.error().message;
  });
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
  const auto partition = parse_partition_name(arguments.partition);
  if (!partition)
    return report_usage(context, fmt::format("--partition '{}' is not topic/number, such as orders/0",
                                             escape_for_log(arguments.partition)));
  const auto options = make_client_options(context);
  if (!options) return report_usage(context, options.error().message);
  const std::string secret_file =
      arguments.secret_file.empty() ? context.state_dir + "/secrets/cluster_secret" : arguments.secret_file;
  const auto secret = net::cluster_secret::load(secret_file);
  if (!secret)
    return report_usage(context, fmt::format("{}: brokers take this command only from who has the cluster's "
                                             "secret; name its file with --secret-file",
                                             secret.error().message));
  const auto brokers = find_brokers(*options, arguments);
  if (!brokers) return report(context, brokers.error());

  const std::string body = json{
      {"topic", partition->topic},
      {"partition", partition->partition},
      {"accept_loss",
       arguments.accept_loss}}.dump();
  net::event_loop loop("recover");
  std::vector<recovered_replica> replicas;
  for (const std::string& broker : *brokers)
    replicas.push_back(
        ask_broker(loop, *secret, broker, body, std::min<std::int64_t>(context.deadline_ms, 10'000)));
  loop.stop();
  const exit_code end = judge_recovery(replicas, arguments.accept_loss);
  const std::string text =
      context.json ? recovery_json(replicas).dump(-1, ' ', false, json::error_handler_t::replace) + "\n"
                   : describe_recovery(*partition, replicas, arguments.accept_loss);
  fmt::print(end == exit_code::success ? stdout : stderr, "{}", text);
  return end;
}

}  // namespace

std::optional<partition_name> parse_partition_name(std::string_view text) {
  const std::size_t slash = text.rfind('/');
  if (slash == std::string_view::npos || slash == 0) return std::nullopt;
  partition_name name;
  name.topic = text.substr(0, slash);
  const std::string_view number = text.substr(slash + 1);
  const auto [end, failed] = std::from_chars(number.data(), number.data() + number.size(), name.partition);
  if (failed != std::errc() || end != number.data() + number.size() || name.partition < 0)
    return std::nullopt;
  return name;
}

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

void add_raft_command(CLI::App& app, command_context& context) {
  CLI::App* raft = app.add_subcommand("raft", "help a partition that cannot help itself");
  raft->require_subcommand(1);
  CLI::App* command = raft->add_subcommand(
      "recover",
      "bring a partition with durability=relaxed back that waits for voters after a loss of power. Without "
      "--accept-loss it only says what there is");
  command->fallthrough();
  auto arguments = std::make_shared<recover_arguments>();
  command->add_option("--partition", arguments->partition, "topic/number, such as orders/0")->required();
  command
      ->add_option(
          "--broker", arguments->brokers,
          "HTTP address (host:port) of a broker; may be repeated. Default: all that the cluster names")
      ->expected(1)
      ->take_all();
  command->add_option("--secret-file", arguments->secret_file,
                      "the cluster's secret. Default: secrets/cluster_secret in the state directory");
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
