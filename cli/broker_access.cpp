#include "cli/broker_access.h"

#include <fmt/format.h>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <utility>

#include "base/bytes.h"
#include "base/file_system.h"
#include "base/logging.h"
#include "client/administrator.h"
#include "net/endpoint.h"
#include "net/future.h"
#include "net/http_client.h"

namespace marquee::cli {

namespace {

using nlohmann::json;

constexpr std::uint64_t cluster_file_limit_bytes = 4 << 20;
constexpr std::int64_t longest_wait_ms = 15'000;
constexpr std::int64_t cluster_wait_ms = 3'000;

std::string without_scheme(std::string address) {
  constexpr std::string_view scheme = "http://";
  if (address.starts_with(scheme)) address.erase(0, scheme.size());
  return address;
}

bool is_number(const std::string& text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

std::string text_of(const json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::vector<std::pair<std::int64_t, std::string>> brokers_among(const json& cluster) {
  std::vector<std::pair<std::int64_t, std::string>> found;
  if (!cluster.is_object() || !cluster.contains("processes") || !cluster["processes"].is_array())
    return found;
  for (const json& process : cluster["processes"]) {
    if (!process.is_object() || text_of(process, "role") != "broker") continue;
    const auto id = process.find("broker_id");
    found.emplace_back(id != process.end() && id->is_number_integer() ? id->get<std::int64_t>() : 0,
                       without_scheme(text_of(process, "http")));
  }
  // Port 0: somebody announced the broker without one, and it has not come yet.
  std::erase_if(found, [](const auto& each) { return each.second.empty() || each.second.ends_with(":0"); });
  return found;
}

void read_answer(const net::http_response& response, broker_answer& read) {
  read.status = response.status;
  read.body = json::parse(response.body, nullptr, /*allow_exceptions=*/false);
  if (!read.body.is_object()) {
    read.problem = fmt::format("answered {} without JSON", response.status);
    read.status = response.status == 200 ? 502 : response.status;
    read.body = json::object();
    return;
  }
  if (response.status == 200) return;
  read.code = text_of(read.body, "code");
  read.problem = text_of(read.body, "message");
  if (read.problem.empty()) read.problem = fmt::format("answered {}", response.status);
}

net::task<void> send(net::event_loop& loop, const net::cluster_secret& secret, net::http_request request,
                     std::int64_t timeout_ms, broker_answer& read) {
  read.code = "NO_CONNECTION";
  const auto where = net::parse_endpoint(read.broker);
  if (!where) {
    read.problem = where.error().message;
    co_return;
  }
  secret.sign(request);
  net::http_client client(loop);
  const net::http_outcome got = co_await client.send(*where, std::move(request), {.timeout_ms = timeout_ms});
  if (!got.response) {
    read.problem = got.response.error().message;
    co_return;
  }
  read.code.clear();
  read_answer(*got.response, read);
}

}  // namespace

std::expected<partition_access, exit_code> open_partition(const command_context& context,
                                                          const std::string& partition_text,
                                                          const broker_access_options& options) {
  auto partition = parse_partition_name(partition_text);
  if (!partition)
    return std::unexpected(
        report_usage(context, fmt::format("--partition '{}' is not topic/number, such as orders/0",
                                          escape_for_log(partition_text))));
  auto access = broker_access::make(context, options);
  if (!access) return std::unexpected(report_usage(context, access.error().message));
  auto brokers = access->brokers();
  if (!brokers) return std::unexpected(report(context, brokers.error()));
  return partition_access{std::move(*partition), std::move(*access), std::move(*brokers)};
}

std::vector<std::pair<std::int64_t, std::string>> brokers_of_cluster_file(const std::string& state_dir) {
  const auto content = read_file(system_file_system(), state_dir + "/cluster.json", cluster_file_limit_bytes);
  if (!content) return {};
  return brokers_among(json::parse(as_text(*content), nullptr, /*allow_exceptions=*/false));
}

void add_broker_access_options(CLI::App& command, broker_access_options& options) {
  command
      .add_option("--broker", options.brokers,
                  "a broker: its HTTP address (host:port), or its id as cluster.json knows it; may be "
                  "repeated. Default: all that the cluster names")
      ->expected(1)
      ->take_all();
  command.add_option("--secret-file", options.secret_file,
                     "the cluster's secret. Default: secrets/cluster_secret in the state directory");
}

broker_access::broker_access(const command_context& context, broker_access_options options,
                             net::cluster_secret secret)
    : context_(&context),
      options_(std::move(options)),
      secret_(std::move(secret)),
      loop_(std::make_unique<net::event_loop>("brokers")) {}

result<broker_access> broker_access::make(const command_context& context,
                                          const broker_access_options& options) {
  const std::string file =
      options.secret_file.empty() ? context.state_dir + "/secrets/cluster_secret" : options.secret_file;
  auto secret = net::cluster_secret::load(file);
  if (!secret)
    return fail(error_code::invalid_argument,
                fmt::format("{}: brokers take this command only from who has the cluster's secret; name its "
                            "file with --secret-file, or the state directory with --state-dir",
                            secret.error().message));
  return broker_access(context, options, std::move(*secret));
}

client::outcome<std::vector<std::string>> broker_access::brokers() const {
  const auto in_file = brokers_of_cluster_file(context_->state_dir);
  std::vector<std::string> found;
  for (const std::string& each : options_.brokers) {
    const auto known = std::ranges::find_if(
        in_file, [&](const auto& one) { return is_number(each) && std::to_string(one.first) == each; });
    found.push_back(known != in_file.end() ? known->second : without_scheme(each));
  }
  if (!found.empty()) return found;
  auto options = make_client_options(*context_);
  client::api_failure failure;
  if (options) {
    // The file knows the same brokers: no reason to wait long.
    if (!in_file.empty()) options->deadline_ms = std::min(options->deadline_ms, cluster_wait_ms);
    client::administrator administrator(*options);
    const auto answer = administrator.cluster();
    if (answer)
      for (const auto& [id, address] : brokers_among(json::parse(*answer, nullptr, false))) {
        // Two that were announced at one address are one process.
        if (std::ranges::find(found, address) == found.end()) found.push_back(address);
      }
    else
      failure = answer.error();
  }
  if (found.empty())
    for (const auto& [id, address] : in_file) found.push_back(address);
  if (found.empty() && !failure.code.empty()) return std::unexpected(failure);
  return found;
}

broker_answer broker_access::ask(const std::string& broker, const std::string& method,
                                 const std::string& target, const json& body) {
  return ask_all({broker}, method, target, body).front();
}

std::vector<broker_answer> broker_access::ask_all(const std::vector<std::string>& brokers,
                                                  const std::string& method, const std::string& target,
                                                  const json& body) {
  std::vector<broker_answer> answers(brokers.size());
  const std::int64_t timeout_ms = std::min(context_->deadline_ms, longest_wait_ms);
  std::vector<net::future<bool>> ends;
  for (std::size_t i = 0; i < brokers.size(); ++i) {
    answers[i].broker = brokers[i];
    net::http_request request;
    request.method = method;
    request.target = target;
    request.path = target;
    if (!body.is_null()) {
      request.headers.set("Content-Type", "application/json");
      request.body = body.dump();
    }
    const net::promise<bool> ended;
    ends.push_back(ended.get_future());
    loop_->spawn([this, request = std::move(request), timeout_ms, &answer = answers[i],
                  ended]() mutable -> net::task<void> {
      co_await send(*loop_, secret_, std::move(request), timeout_ms, answer);
      ended.set(true);
    });
  }
  loop_->spawn_and_wait([&ends]() -> net::task<void> {
    for (net::future<bool>& each : ends) (void)co_await each.wait();
  });
  return answers;
}

}  // namespace marquee::cli
