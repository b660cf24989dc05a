#include "cli/command_context.h"

#include <fmt/format.h>

#include <cstdio>
#include <nlohmann/json.hpp>

#include "base/bytes.h"
#include "base/file_system.h"

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

}  // namespace

result<client::client_options> make_client_options(const command_context& context) {
  client::client_options options;
  options.deadline_ms = context.deadline_ms;
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
    fmt::print(stderr, "marquee: {}\n", to_string(failure));
    if (failure.code == "NO_CONNECTION")
      fmt::print(stderr,
                 "marquee: is the cluster up? start one with scripts/up, or name one with --load-balancer\n");
  }
  if (failure.code == "BAD_ADDRESS") return exit_code::usage;
  return failure.status == 0 ? exit_code::not_reachable : exit_code::refused;
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
