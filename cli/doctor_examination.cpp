#include "cli/doctor_examination.h"

#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <utility>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/file_system.h"
#include "cli/metrics_text.h"
#include "net/endpoint.h"
#include "net/future.h"
#include "net/http_client.h"

namespace marquee::cli {

namespace {

using nlohmann::json;

constexpr std::uint64_t cluster_file_limit_bytes = 4 << 20;
constexpr std::int64_t answer_most_ms = 3'000;

std::string text_of(const json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::string without_scheme(std::string address) {
  constexpr std::string_view scheme = "http://";
  if (address.starts_with(scheme)) address.erase(0, scheme.size());
  return address;
}

net::task<net::http_outcome> get(net::event_loop& loop, std::string address, std::string target) {
  net::http_outcome outcome{.response = fail(error_code::invalid_argument, "no address")};
  const auto where = net::parse_endpoint(address);
  if (!where) co_return outcome;
  net::http_request request;
  request.target = std::move(target);
  net::http_client client(loop);
  co_return co_await client.send(*where, std::move(request), {.timeout_ms = answer_most_ms});
}

json read_cluster_file(const std::string& state_dir) {
  const auto content = read_file(system_file_system(), state_dir + "/cluster.json", cluster_file_limit_bytes);
  if (!content) return json::object();
  json cluster = json::parse(as_text(*content), nullptr, /*allow_exceptions=*/false);
  return cluster.is_object() ? cluster : json::object();
}

/// Whether a process with that id and command runs on this machine.
bool is_running(std::int64_t pid, const json& command) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/cmdline", std::ios::binary);
  if (!file) return false;
  std::string first;
  std::getline(file, first, '\0');
  // A process id is used again: the program must be the one that was started.
  const auto base = [](const std::string& path) { return path.substr(path.rfind('/') + 1); };
  if (!command.is_array() || command.empty() || !command.front().is_string()) return !first.empty();
  return base(first) == base(command.front().get<std::string>()) || first.find("postgres") != first.npos;
}

bool is_loopback(const std::string& address) {
  const std::string host = without_scheme(address);
  return host.starts_with("127.") || host.starts_with("localhost") || host.starts_with("[::1]");
}

void add_process(cluster_facts& facts, const json& process, bool is_local) {
  if (!process.is_object()) return;
  const std::string http = without_scheme(text_of(process, "http"));
  const auto same = [&](const process_facts& each) {
    return (!http.empty() && each.http == http) || (http.empty() && each.name == text_of(process, "name"));
  };
  if (std::ranges::any_of(facts.processes, same)) return;
  process_facts added;
  added.name = text_of(process, "name");
  added.role = text_of(process, "role");
  added.http = http;
  if (added.name.empty()) added.name = http;
  if (process.contains("broker_id") && process["broker_id"].is_number_integer())
    added.broker_id = process["broker_id"].get<std::int64_t>();
  if (is_local && process.contains("pid") && process["pid"].is_number_integer())
    added.runs = is_running(process["pid"].get<std::int64_t>(), process.value("command", json()));
  for (const char* listener : {"http", "kafka", "raft"})
    if (const std::string at = text_of(process, listener); !at.empty() && !is_loopback(at))
      facts.open_listeners.push_back(added.name + " " + listener + " " + without_scheme(at));
  facts.processes.push_back(std::move(added));
}

void add_secrets(cluster_facts& facts, const std::string& state_dir) {
  std::error_code ignored;
  for (const auto& each : std::filesystem::directory_iterator(state_dir + "/secrets", ignored)) {
    struct stat found{};
    if (::stat(each.path().c_str(), &found) == 0 && S_ISREG(found.st_mode))
      facts.secrets.push_back({each.path().string(), found.st_mode & 0777U});
  }
}

net::task<void> look_at(net::event_loop& loop, process_facts& process) {
  const net::http_outcome ready = co_await get(loop, process.http, "/ready");
  if (!ready.response) {
    process.problem = ready.response.error().message;
    co_return;
  }
  process.answers = true;
  process.ready = ready.response->status == 200;
  if (!process.ready) {
    const json body = json::parse(ready.response->body, nullptr, /*allow_exceptions=*/false);
    process.problem =
        body.is_object() ? text_of(body, "message") : "it answers " + std::to_string(ready.response->status);
  }
  const system_clock clock;
  const std::int64_t before_ms = clock.wall_ms();
  const net::http_outcome scraped = co_await get(loop, process.http, "/metrics");
  const std::int64_t half_ms = (clock.wall_ms() - before_ms) / 2;
  if (!scraped.response || scraped.response->status != 200) co_return;
  scraped_metrics read = read_metrics_text(scraped.response->body);
  process.metrics = std::move(read.values);
  process.version = std::move(read.version);
  if (const auto its_ms = process.metric("marquee_process_wall_time_ms")) {
    const std::int64_t apart_ms = static_cast<std::int64_t>(*its_ms) - before_ms - half_ms;
    // What the way there and back may have taken is no difference.
    process.clock_offset_ms = apart_ms > 0 ? std::max<std::int64_t>(0, apart_ms - half_ms)
                                           : std::min<std::int64_t>(0, apart_ms + half_ms);
  }
}

/// GET /cluster of the first that answers.
json ask_for_cluster(net::event_loop& loop, const std::vector<std::string>& addresses) {
  json cluster = json::object();
  for (const std::string& each : addresses) {
    loop.spawn_and_wait([&]() -> net::task<void> {
      const net::http_outcome outcome = co_await get(loop, each, "/cluster");
      if (outcome.response && outcome.response->status == 200)
        cluster = json::parse(outcome.response->body, nullptr, /*allow_exceptions=*/false);
    });
    if (cluster.is_object() && !cluster.empty()) return cluster;
  }
  return json::object();
}

std::vector<std::string> cluster_addresses(const command_context& context, const cluster_facts& facts) {
  std::vector<std::string> addresses;
  for (const char* role : {"load_balancer", "write_manager"}) {
    for (const process_facts& each : facts.processes)
      if (each.role == role && !each.http.empty()) addresses.push_back(each.http);
    if (std::string_view(role) != "load_balancer") continue;
    for (const std::string& each : context.load_balancers) addresses.push_back(without_scheme(each));
  }
  if (addresses.empty()) addresses.emplace_back("127.0.0.1:8080");
  return addresses;
}

void look_at_replicas(const command_context& context, const broker_access_options& options,
                      cluster_facts& facts) {
  auto access = broker_access::make(context, options);
  if (!access) {
    facts.raft_problem = access.error().message;
    return;
  }
  std::vector<std::string> brokers;
  for (const process_facts& each : facts.processes)
    if (each.role == "broker" && each.answers) brokers.push_back(each.http);
  bool any = false;
  for (const broker_answer& each : access->ask_all(brokers, "GET", "/internal/raft")) {
    if (!each.good()) {
      if (facts.raft_problem.empty()) facts.raft_problem = each.broker + ": " + each.problem;
      continue;
    }
    any = true;
    std::set<std::int64_t>& peers = facts.connections[each.body.value("broker_id", std::int64_t{0})];
    for (const json& peer : each.body.value("connected_peers", json::array()))
      peers.insert(peer.get<std::int64_t>());
    for (const json& replica : each.body.value("replicas", json::array())) facts.replicas.push_back(replica);
  }
  if (any) facts.raft_problem.clear();
  if (brokers.empty()) facts.raft_problem = "no broker answers";
}

}  // namespace

cluster_facts examine(const command_context& context, const broker_access_options& options) {
  cluster_facts facts;
  const json file = read_cluster_file(context.state_dir);
  for (const json& each : file.value("processes", json::array())) add_process(facts, each, true);
  for (const std::string& each : context.load_balancers)
    add_process(facts, {{"role", "load_balancer"}, {"http", each}}, false);
  for (const std::string& each : options.brokers)
    if (each.find(':') != std::string::npos) add_process(facts, {{"role", "broker"}, {"http", each}}, false);
  net::event_loop loop("doctor");
  const json cluster = ask_for_cluster(loop, cluster_addresses(context, facts));
  for (const json& each : cluster.value("processes", json::array())) add_process(facts, each, false);
  add_secrets(facts, context.state_dir);

  std::vector<net::future<bool>> ends;
  for (process_facts& each : facts.processes) {
    if (each.http.empty()) continue;
    const net::promise<bool> ended;
    ends.push_back(ended.get_future());
    loop.spawn([&loop, &each, ended]() -> net::task<void> {
      co_await look_at(loop, each);
      ended.set(true);
    });
  }
  loop.spawn_and_wait([&ends]() -> net::task<void> {
    for (net::future<bool>& each : ends) (void)co_await each.wait();
  });
  loop.stop();
  look_at_replicas(context, options, facts);
  return facts;
}

}  // namespace marquee::cli
