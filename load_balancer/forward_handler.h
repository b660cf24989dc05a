#pragma once

#include <list>
#include <memory>
#include <stop_token>
#include <string>
#include <unordered_map>
#include <utility>

#include "base/clock.h"
#include "base/metrics.h"
#include "load_balancer/admission.h"
#include "load_balancer/delivery_guard.h"
#include "load_balancer/load_balancer_options.h"
#include "load_balancer/manager_table.h"
#include "load_balancer/request_route.h"
#include "load_balancer/retry_policy.h"
#include "net/cluster_secret.h"
#include "net/http_client.h"
#include "net/http_exchange.h"

namespace marquee::net {
class event_loop;
}

namespace marquee::load_balancer {

/// What a manager's answer says about the request: looks into failures only.
[[nodiscard]] answer_verdict verdict_of(const net::http_response& answer);

/// Passes requests on to managers and their answers back (DESIGN D21). Only known header fields travel either
/// way, bodies are framed anew, so that nothing can be smuggled; interim answers of managers stay here. On
/// the load balancer's loop; owned by shared_ptr, because requests under way refer to it. Whatever a manager
/// does, the client gets an answer that names what failed.
class forward_handler : public std::enable_shared_from_this<forward_handler> {
 public:
  forward_handler(net::event_loop& loop, manager_table& table, const load_balancer_options& options,
                  const net::cluster_secret& secret, metrics_registry& metrics);

  [[nodiscard]] net::task<net::http_response> handle(net::http_exchange& exchange);
  /// A manager does not answer its health check (it hangs, or its machine is gone): what was sent to it and
  /// may happen twice is taken back and sent to another one, instead of waiting for the time-out. On the
  /// loop.
  void abandon(const net::endpoint& silent);
  /// A manager says that it stops: connections that nobody uses are closed before it closes them. On the
  /// loop.
  void leave(const net::endpoint& stopping);
  /// This process stops: asks for the answers of all long polls under way, again and again until `close`. On
  /// the loop.
  void end_long_polls();
  /// Ends calls under way. On the loop, or after it has stopped.
  void close();

 private:
  struct attempt_result;
  class registration;
  [[nodiscard]] std::optional<manager> choose(const request_route& route, std::vector<net::endpoint>& tried);
  [[nodiscard]] net::task<attempt_result> attempt(manager target, const request_route& route,
                                                  net::http_request& request, net::deadline end,
                                                  std::stop_token client_gone, bool may_be_taken_back);
  /// Sends the request to one manager after the other until there is an answer to pass on.
  [[nodiscard]] net::task<net::http_response> forward(net::http_exchange& exchange, request_route route,
                                                      net::deadline end, delivery_guard::turn turn);
  [[nodiscard]] net::http_response answer_for_client(const net::http_exchange& exchange,
                                                     const request_route& route, attempt_result last) const;
  [[nodiscard]] net::http_response no_manager(const request_route& route) const;
  [[nodiscard]] net::http_response overloaded() const;

  net::event_loop& loop_;
  manager_table& table_;
  const load_balancer_options options_;
  const net::cluster_secret secret_;
  const std::string component_;
  std::unique_ptr<net::http_client> client_;
  std::shared_ptr<delivery_guard> deliveries_;
  const system_clock clock_;
  admission writes_;
  struct attempt_under_way {
    net::endpoint http;
    std::stop_source cancel;  ///< without a state where it must not be taken back
    std::string consumer_id;  ///< of a consume; else empty
  };
  [[nodiscard]] static net::task<> ask_for_answer(std::shared_ptr<forward_handler> self, net::endpoint http,
                                                  std::string consumer_id);
  [[nodiscard]] metric_counter& requests_to(const net::endpoint& manager);
  std::list<attempt_under_way> under_way_;
  std::unordered_map<net::endpoint, metric_counter*> requests_;  ///< found once for each manager
  metric_counter& retries_;
  metric_counter& failures_;
  metrics_registry& metrics_;
};

}  // namespace marquee::load_balancer
