#pragma once

#include <list>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/metrics.h"
#include "load_balancer/booking_route.h"
#include "load_balancer/load_balancer_options.h"
#include "load_balancer/manager_table.h"
#include "net/cluster_secret.h"
#include "net/deadline.h"
#include "net/http_client.h"
#include "net/http_exchange.h"

namespace marquee::net {
class event_loop;
}

namespace marquee::load_balancer {

/// Passes requests below /booking/ on to the front ends of the booking application, and their answers back.
/// Only known header fields travel either way, bodies are framed anew. An answer whose length its header
/// tells is read whole, so that a broken one can be asked for once more; any other (a stream of events) goes
/// through piece by piece, as fast as the client reads. A client that goes away ends its request at the front
/// end. On the load balancer's loop; owned by shared_ptr, because requests under way refer to it. Whatever a
/// front end does, the client gets an answer that names what failed, or sees that a stream was cut.
class booking_handler : public std::enable_shared_from_this<booking_handler> {
 public:
  booking_handler(net::event_loop& loop, manager_table& table, const load_balancer_options& options,
                  const net::cluster_secret& secret, metrics_registry& metrics);

  [[nodiscard]] net::task<net::http_response> handle(net::http_exchange& exchange, booking_route route);
  /// A front end does not answer its health check: what may happen twice is sent to another one, and streams
  /// are cut, so that their clients ask again. On the loop.
  void abandon(const net::endpoint& silent);
  /// A front end says that it stops. On the loop.
  void leave(const net::endpoint& stopping);
  /// This process stops: long polls are ended a moment later, as they can be asked again. On the loop.
  void end_long_polls();
  /// Ends calls under way. On the loop, or after it has stopped.
  void close() { client_.reset(); }

 private:
  /// A call that has begun; counted for its front end until destroyed.
  class call_under_way;
  class relayed_body;
  struct attempt_result {
    manager target;
    net::http_outcome outcome;
    std::shared_ptr<call_under_way> call;  ///< where a body is still to come
    std::int64_t upstream_us = 0;
  };
  [[nodiscard]] std::optional<manager> choose(const booking_route& route, std::vector<net::endpoint>& tried);
  [[nodiscard]] net::task<attempt_result> attempt(const net::http_exchange& exchange, manager target,
                                                  net::http_request& request, net::deadline end,
                                                  bool may_be_taken_back);
  [[nodiscard]] net::http_response answer_for_client(const net::http_exchange& exchange, attempt_result last);
  [[nodiscard]] net::http_response failure_of(const net::http_exchange& exchange, const attempt_result& last);

  net::event_loop& loop_;
  manager_table& table_;
  const load_balancer_options options_;
  const net::cluster_secret secret_;
  const std::string component_;
  std::unique_ptr<net::http_client> client_;
  std::list<call_under_way*> under_way_;
  bool ending_ = false;
  metrics_registry& metrics_;
  metric_counter& retries_;
  metric_counter& failures_;
  metric_gauge& streams_;
};

}  // namespace marquee::load_balancer
