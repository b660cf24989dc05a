#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "load_balancer/load_balancer_options.h"
#include "load_balancer/manager_table.h"
#include "net/cluster_secret.h"
#include "net/http_client.h"
#include "net/task.h"

namespace marquee::net {
class event_loop;
}

namespace marquee::load_balancer {

/// What became of GET /ready says this of the manager. Nothing if this process stood still meanwhile: then
/// the answer may lie there unread.
[[nodiscard]] std::optional<manager_health> judge_probe(const net::http_outcome& outcome,
                                                        std::int64_t took_ms, std::int64_t timeout_ms);

/// Keeps the manager table true: asks every manager GET /ready, and a healthy one GET /internal/managers. Has
/// connections of its own, so that a pool full of long polls never makes a manager look dead. On the load
/// balancer's loop; owned by shared_ptr, because its coroutines refer to it. What cannot be asked stays as it
/// was known.
class manager_monitor_loop : public std::enable_shared_from_this<manager_monitor_loop> {
 public:
  manager_monitor_loop(net::event_loop& loop, manager_table& table, const load_balancer_options& options,
                       const net::cluster_secret& secret);

  /// Called when a manager has not answered its health check in time while another one of its role is
  /// healthy. Set before `start`.
  std::function<void(const net::endpoint&)> on_silent = {};

  /// Called when a manager said that it stops. Set before `start`.
  std::function<void(const net::endpoint&)> on_left = {};

  /// From now on this load balancer reports itself, too, as served at `http` ("http://host:port").
  void start(std::string http);
  /// Ends its coroutines at their next step. On the loop, or after it has stopped.
  void close();

 private:
  static net::task<> watch_health(std::shared_ptr<manager_monitor_loop> self);
  static net::task<> probe(std::shared_ptr<manager_monitor_loop> self, manager target);
  static net::task<> discover(std::shared_ptr<manager_monitor_loop> self);
  [[nodiscard]] net::task<bool> ask_for_managers(manager from);
  [[nodiscard]] net::task<> report_itself(manager to);

  net::event_loop& loop_;
  manager_table& table_;
  const load_balancer_options options_;
  const net::cluster_secret secret_;
  std::string report_;  ///< the body of POST /internal/load-balancers
  std::unique_ptr<net::http_client> client_;
  std::set<net::endpoint> being_probed_;
  std::string last_complaint_;  ///< logged once, not every two seconds
  bool closed_ = false;
};

}  // namespace marquee::load_balancer
