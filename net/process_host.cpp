#include "net/process_host.h"

#include <utility>

#include "base/process_metrics.h"
#include "net/event_loop.h"
#include "net/http_client.h"
#include "net/http_router.h"
#include "net/open_file_limit.h"

namespace marquee::net {

void describe(config_schema& schema, process_options& options) {
  schema.text("name", options.name, "Name of this process, unique in the cluster.");
  describe(schema, "http", options.http);
  describe(schema, "http", options.http_limits);
  schema.text("cluster.secret_file", options.secret_file,
              "File with the secret that the cluster's processes share.");
  schema.flag("insecure_network", options.insecure_network,
              "Allow listeners other than loopback although neither TLS nor tokens are set up.");
  schema.text("log.file", options.log_file, "File to append the log to; empty: standard error.");
  schema.text("log.level", options.log_level, "debug, info, warning or error.");
  schema.integer("stop.notice_ms", options.stop_notice_ms, 0, 600'000,
                 "How long a stopping process still serves, so that load balancers and clients leave it "
                 "between two requests; less if nobody is connected.");
  schema.integer("stop.grace_ms", options.stop_grace_ms, 0, 600'000,
                 "How long requests in flight may take to finish when the process stops.");
}

void initialise_process_logging(const process_options& options) {
  logging_options logging{.file = options.log_file, .process_name = options.name};
  if (options.log_level == "debug") logging.level = log_level::debug;
  if (options.log_level == "warning") logging.level = log_level::warning;
  if (options.log_level == "error") logging.level = log_level::error;
  initialise_logging(logging);
}

struct process_host::state {
  explicit state(process_options with) : options(std::move(with)), router(options.component()) {}
  process_options options;
  cluster_secret secret;
  metrics_registry metrics;
  http_router router;
  event_loop loop{"http"};
  std::unique_ptr<http_client> client = std::make_unique<http_client>(loop);
  std::unique_ptr<http_server> server;
  std::stop_source stopping;
  bool stopped = false;
};

process_host::process_host(std::unique_ptr<state> state) : state_(std::move(state)) {}

process_host::~process_host() {
  stop();
}

result<std::unique_ptr<process_host>> process_host::make(const process_options& options) {
  if (options.name.empty())
    return fail(error_code::invalid_argument, "the process needs a name (configuration key name)");
  if (const result<> safe = check_listener(options.http, options.insecure_network); !safe) return fail(safe);
  // Twice: a proxy holds a connection on either side; and some for files.
  if (const std::int64_t files = raise_open_file_limit(); files < 2 * options.http.max_connections + 256)
    log_warning("net", "{} open files are few for http.max_connections = {}; raise the limit (ulimit -n)",
                files, options.http.max_connections);
  auto made = std::make_unique<state>(options);
  if (!options.secret_file.empty()) {
    result<cluster_secret> secret = cluster_secret::load(options.secret_file);
    if (!secret) return fail(secret);
    made->secret = std::move(*secret);
  }
  add_process_metrics(made->metrics);
  return std::unique_ptr<process_host>(new process_host(std::move(made)));
}

result<> process_host::start(ready_check ready) {
  const std::string component = state_->options.component();
  const auto ready_to_serve = [ready = std::move(ready), stopping = stopping_token()]() -> result<> {
    if (stopping.stop_requested()) return fail(error_code::unavailable, "this process is stopping");
    return ready ? ready() : result<>{};
  };
  add_process_routes(state_->router, component, state_->metrics, ready_to_serve);
  http_server_options limits = state_->options.http_limits;
  limits.component = component;
  auto server = http_server::start(state_->loop, state_->options.http, limits, state_->router.as_handler(),
                                   &state_->metrics);
  if (!server) return fail(server);
  state_->server = std::move(*server);
  log_info("net", "{} serves HTTP on {}:{}", component, state_->options.http.address, http_port());
  return {};
}

void process_host::announce_stop() {
  state_->stopping.request_stop();
  if (state_->server) state_->server->announce_stop();
}

void process_host::give_notice() {
  announce_stop();
  if (state_->server && !state_->stopped) state_->server->wait_until_unused(state_->options.stop_notice_ms);
}

void process_host::stop() {
  announce_stop();
  if (std::exchange(state_->stopped, true)) return;
  if (state_->server) state_->server->stop(state_->options.stop_grace_ms);
  state_->loop.stop();
}

event_loop& process_host::loop() {
  return state_->loop;
}
metrics_registry& process_host::metrics() {
  return state_->metrics;
}
http_client& process_host::client() {
  return *state_->client;
}
http_router& process_host::router() {
  return state_->router;
}
const cluster_secret& process_host::secret() const {
  return state_->secret;
}
const process_options& process_host::options() const {
  return state_->options;
}
std::uint16_t process_host::http_port() const {
  return state_->server ? state_->server->port() : 0;
}
std::stop_token process_host::stopping_token() const {
  return state_->stopping.get_token();
}

}  // namespace marquee::net
