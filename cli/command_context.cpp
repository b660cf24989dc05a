#include "cli/command_context.h"

#include <fmt/format.h>

#include <cstdio>
#include <nlohmann/json.hpp>

#include "base/bytes.h"
#include "base/file_system.h"
#include "base/logging.h"
#include "cli/interruption.h"

namespace marquee::cli {

namespace {

using nlohmann::json;

constexpr std::uint64_t cluster_file_limit_bytes = 4 << 20;

/// The load balancers that cluster.json names. An empty list if there is no such file.
result<std::vector<std::string>> read_cluster_file(const std::string& path) {
  const auto content = read_file(system_file_system(), path, cluster_file_limit_bytes);
  if (!content) {
    if (content.error().code == error_code::not_found) return std::vector<std::string>();
    return fail(content);
  }
  const json cluster = json::parse(as_text(*content), nullptr, /*allow_exceptions=*/false);
  const json urls = cluster.is_object() ? cluster.value("load_balancers", json()) : json();
  if (!urls.is_array() || urls.empty())
    return fail(error_code::invalid_argument,
                path + " names no load balancers; give one with --load-balancer");
  std::vector<std::string> found;
  for (const json& url : urls)
    if (url.is_string()) found.push_back(url.get<std::string>());
  return found;
}

/// What to do about it; empty where the message says it all.
const char* hint_for(const client::api_failure& failure) {
  if (failure.code == "NO_CONNECTION")
    return "is the cluster up? start one with scripts/up, or name one with --load-balancer";
  if (failure.code == "NO_ANSWER")
    return "the load balancer accepts connections but does not answer in time; its log says what it waits "
           "for";
  if (failure.code == "TOPIC_NOT_FOUND") return "'marquee topic list' shows which topics there are";
  if (failure.code == "TOPIC_EXISTS") return "'marquee topic describe' shows how it was made";
  if (failure.code == "BROKER_NOT_FOUND") return "'marquee cluster' shows which brokers there are";
  if (failure.code == "CONSUMER_NOT_FOUND") return "make one with 'marquee consumer register'";
  if (failure.code == "PRODUCER_NOT_FOUND") return "make one with 'marquee producer register'";
  if (failure.code == "NOT_ENOUGH_REPLICAS" || failure.code == "NOT_ENOUGH_BROKERS")
    return "too few brokers are alive; 'marquee cluster' shows which are missing";
  if (failure.code == "METADATA_UNAVAILABLE")
    return "PostgreSQL is away; producing and consuming go on, making and looking up things waits for it";
  return failure.retriable ? "it may work later; --deadline-ms sets how long it is tried" : "";
}

}  // namespace

result<client::client_options> make_client_options(const command_context& context) {
  client::client_options options;
  options.deadline_ms = context.deadline_ms;
  options.is_cancelled = [] { return is_interrupted(); };
  options.faults = context.faults;
  if (!context.load_balancers.empty()) {
    options.load_balancers = context.load_balancers;
    return options;
  }
  const auto named = read_cluster_file(context.state_dir + "/cluster.json");
  if (!named) return fail(named);
  if (!named->empty()) options.load_balancers = *named;
  return options;
}

exit_code report(const command_context& context, const client::api_failure& failure) {
  if (context.json) {
    const json shown = {
        {"status", "failure"},
        {"code", failure.code},
        {"message", failure.message},
        {"component", failure.component},
        {"retriable", failure.retriable},
        {"outcome", failure.outcome == client::request_outcome::unknown ? "unknown" : "definite"},
        {"http_status", failure.status},
        {"request_id", failure.request_id}};
    fmt::print(stderr, "{}\n", shown.dump(-1, ' ', false, json::error_handler_t::replace));
  } else {
    fmt::print(stderr, "marquee: {}\n", escape_for_log(to_string(failure), 4096));
    if (const char* hint = hint_for(failure); *hint != '\0') fmt::print(stderr, "marquee: {}\n", hint);
  }
  return exit_code_of(failure);
}

exit_code exit_code_of(const client::api_failure& failure) {
  if (failure.code == "BAD_ADDRESS" || failure.code == "BAD_ARGUMENT") return exit_code::usage;
  if (failure.code == "CANCELLED") return exit_code::interrupted;
  if (failure.code.ends_with("_NOT_FOUND")) return exit_code::not_found;
  if (failure.status == 0 || failure.retriable)
    return is_interrupted() ? exit_code::interrupted : exit_code::unavailable;
  return exit_code::refused;
}

exit_code report_usage(const command_context& context, const std::string& message) {
  if (context.json)
    fmt::print(stderr, "{}\n",
               json({{"status", "failure"}, {"code", "USAGE"}, {"message", message}})
                   .dump(-1, ' ', false, json::error_handler_t::replace));
  else
    fmt::print(stderr, "marquee: {}\n", message);
  return exit_code::usage;
}

}  // namespace marquee::cli
