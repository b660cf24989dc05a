#pragma once

#include <cstdint>
#include <memory>
#include <stop_token>
#include <string>

#include "base/config.h"
#include "base/logging.h"
#include "base/metrics.h"
#include "base/result.h"
#include "net/cluster_secret.h"
#include "net/http_server.h"
#include "net/listener_options.h"
#include "net/process_routes.h"

namespace marquee::net {

class event_loop;
class http_client;
class http_router;

/// What every process of Marquee is configured with.
struct process_options {
  std::string name = {};  ///< unique in the cluster, such as "wm-1"
  std::string role = {};  ///< "write_manager" and so on; set by the role, not by configuration
  listener_options http = {};
  http_server_options http_limits = {};
  std::string secret_file = {};
  bool insecure_network = false;
  std::string log_file = {};
  std::string log_level = "info";
  /// How long a stopping process goes on serving while it says that it stops; less if nobody is connected.
  std::int64_t stop_notice_ms = 1'000;
  /// How long requests in flight may take to finish after that.
  std::int64_t stop_grace_ms = 10'000;

  /// "write_manager/wm-1"
  [[nodiscard]] std::string component() const { return role + "/" + name; }
};

/// Adds `name`, `http.*`, `cluster.secret_file`, `insecure_network`, `log.*` and `stop.*`.
void describe(config_schema& schema, process_options& options);

/// Sends the log where the options say. Call once, first in a process; an unknown level counts as info.
void initialise_process_logging(const process_options& options);

/// The parts that every process needs, in the order in which they start and stop: loop, metrics, client,
/// router with /health, /ready and /metrics, server. A role adds its routes between `make` and `start`.
///
///     auto host = process_host::make(options);       // checks listener and secret
///     (*host)->router().add("POST", "/topics", ...);
///     (*host)->start(ready);                          // binds; logs where
///     wait_for_stop_signal();
///     (*host)->give_notice();
///     (*host)->stop();
class process_host {
 public:
  /// Errors: refused (listener not on loopback), not_found, invalid_argument (secret).
  [[nodiscard]] static result<std::unique_ptr<process_host>> make(const process_options& options);
  ~process_host();
  process_host(const process_host&) = delete;
  process_host& operator=(const process_host&) = delete;

  [[nodiscard]] event_loop& loop();
  [[nodiscard]] metrics_registry& metrics();
  [[nodiscard]] http_client& client();
  [[nodiscard]] http_router& router();
  [[nodiscard]] const cluster_secret& secret() const;
  [[nodiscard]] const process_options& options() const;

  [[nodiscard]] result<> start(ready_check ready);
  [[nodiscard]] std::uint16_t http_port() const;
  /// Requested when the stop is announced; for long polls.
  [[nodiscard]] std::stop_token stopping_token() const;
  /// From now on /ready answers 503, and every answer is the last one on its connection. From any thread.
  void announce_stop();
  /// Announces, and goes on serving until nobody is connected any more, for up to `stop_notice_ms`. Blocks.
  void give_notice();
  /// No new connections; requests in flight finish within `stop_grace_ms`, then the loop ends. May be called
  /// twice.
  void stop();

 private:
  struct state;
  explicit process_host(std::unique_ptr<state> state);
  std::unique_ptr<state> state_;
};

}  // namespace marquee::net
