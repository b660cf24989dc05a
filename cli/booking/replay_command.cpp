#include <fmt/format.h>

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <nlohmann/json.hpp>

#include "base/logging.h"
#include "cli/booking/booking_command.h"
#include "cli/booking/log_replay.h"
#include "cli/json_text.h"
#include "cli/text_table.h"

namespace marquee::cli {

namespace {

using nlohmann::json;

struct replay_arguments {
  std::string topic = "booking.cmd";
  bool verify = false;
};

struct compared_replica {
  std::string id;
  std::string digest;  ///< or why there is none
  enum class verdict : std::uint8_t { equal, different, unknown } found = verdict::unknown;
};

std::string_view to_word(compared_replica::verdict found) {
  if (found == compared_replica::verdict::equal) return "equal";
  return found == compared_replica::verdict::different ? "DIFFERENT" : "unknown";
}

std::vector<std::string> replica_ids(booking_client& client) {
  std::vector<std::string> ids;
  const auto cluster = client.read("/v1/cluster");
  const json body = cluster && cluster->is_success ? json::parse(cluster->body, nullptr, false) : json();
  const json replicas = body.is_object() ? body.value("replicas", json::array()) : json::array();
  for (const json& replica : replicas)
    if (replica.is_object()) ids.push_back(text_at(replica, "id"));
  return ids;
}

compared_replica compare(booking_client& client, const std::string& id, const replayed_log& replayed) {
  const auto answer =
      client.read(path_of("replicas", id, fmt::format("digest?offset={}", replayed.commands - 1)));
  compared_replica made{.id = id, .digest = {}};
  if (!answer) {
    made.digest = answer.error().code;
    return made;
  }
  const json body = json::parse(answer->body, nullptr, /*allow_exceptions=*/false);
  if (!body.is_object() || !answer->is_success) {
    made.digest = answer->code.empty() ? fmt::format("HTTP {}", answer->status) : answer->code;
    return made;
  }
  made.digest = text_at(body, "digest");
  made.found = made.digest == replayed.digest ? compared_replica::verdict::equal
                                              : compared_replica::verdict::different;
  return made;
}

double rate_of(std::int64_t commands, double seconds) {
  return seconds > 0 ? static_cast<double>(commands) / seconds : 0;
}

void print_replay(const replayed_log& replayed, const std::vector<compared_replica>& replicas, bool as_json) {
  if (as_json) {
    json shown = {{"commands", replayed.commands},
                  {"refused", replayed.refused},
                  {"digest", replayed.digest},
                  {"seconds", replayed.seconds},
                  {"apply_seconds", replayed.apply_seconds},
                  {"commands_per_s", rate_of(replayed.commands, replayed.seconds)},
                  {"applied_per_s", rate_of(replayed.commands, replayed.apply_seconds)},
                  {"replicas", json::array()}};
    for (const compared_replica& one : replicas)
      shown["replicas"].push_back({{"id", one.id}, {"digest", one.digest}, {"verdict", to_word(one.found)}});
    fmt::print("{}\n", dump(shown));
    return;
  }
  fmt::print("{} commands replayed in {:.2f} s: {:.0f}/s read and applied, {:.0f}/s applied alone\n",
             replayed.commands, replayed.seconds, rate_of(replayed.commands, replayed.seconds),
             rate_of(replayed.commands, replayed.apply_seconds));
  fmt::print("digest {} after offset {}\n", replayed.digest, replayed.commands - 1);
  std::vector<std::vector<std::string>> rows = {{"REPLICA", "DIGEST", "VERDICT"}};
  for (const compared_replica& one : replicas)
    rows.push_back({one.id, one.digest, std::string(to_word(one.found))});
  if (!replicas.empty()) fmt::print("\n{}", to_text(rows));
}

exit_code run_replay(const booking_arguments& arguments, const replay_arguments& asked) {
  const auto options = make_client_options(arguments.context);
  if (!options) return report_booking_usage(arguments, options.error().message);
  auto client = make_booking_client(arguments);
  if (!client) return client.error();
  const auto replayed = replay_log(*options, asked.topic);
  if (!replayed) {
    (void)report(arguments.context, replayed.error());
    return to_exit_code(booking_exit::unavailable);
  }
  std::vector<compared_replica> replicas;
  if (asked.verify && replayed->commands > 0)
    for (const std::string& id : replica_ids(*client)) replicas.push_back(compare(*client, id, *replayed));
  print_replay(*replayed, replicas, arguments.context.json);
  if (!asked.verify) return to_exit_code(booking_exit::success);
  bool any_equal = replayed->commands == 0;
  for (const compared_replica& one : replicas) {
    any_equal |= one.found == compared_replica::verdict::equal;
    if (one.found == compared_replica::verdict::different) return to_exit_code(booking_exit::refused);
  }
  return to_exit_code(any_equal ? booking_exit::success : booking_exit::unavailable);
}

}  // namespace

void add_replay_command(CLI::App& app, booking_arguments& arguments) {
  const auto asked = std::make_shared<replay_arguments>();
  CLI::App* replay = add_booking_task(
      app, arguments, "replay", "apply the whole log here, and compare with the replicas; 2: one differs",
      [&arguments, asked] { return run_replay(arguments, *asked); });
  replay->add_option("--topic", asked->topic, "of the commands")->capture_default_str();
  replay->add_flag("--verify", asked->verify, "ask every replica for its digest at the last offset");
}

}  // namespace marquee::cli
