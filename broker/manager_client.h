#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "net/cluster_secret.h"
#include "net/endpoint.h"
#include "net/event_loop.h"
#include "net/future.h"
#include "net/http_client.h"
#include "net/http_message.h"

namespace marquee::broker {

/// Asks write managers over HTTP, one after the other until one answers. Its calls run on the loop of the
/// HTTP client; it may be used from any thread.
class manager_client {
 public:
  /// Everything referred to outlives the client.
  manager_client(net::event_loop& loop, net::http_client& http, const net::cluster_secret& secret,
                 std::vector<net::endpoint> managers);

  /// Goes to the next manager when one cannot be reached, or says 503; the last answer counts. Errors: those
  /// of http_client, unavailable (no managers are configured).
  [[nodiscard]] net::future<net::http_response> ask(net::http_request request, std::int64_t timeout_ms);
  /// One manager. On the loop only.
  [[nodiscard]] net::task<result<net::http_response>> send(net::endpoint manager, net::http_request request,
                                                           std::int64_t timeout_ms);
  [[nodiscard]] const std::vector<net::endpoint>& managers() const { return managers_; }

 private:
  net::task<result<net::http_response>> try_all(net::http_request request, std::int64_t timeout_ms);

  net::event_loop& loop_;
  net::http_client& http_;
  const net::cluster_secret& secret_;
  std::vector<net::endpoint> managers_;
  /// The manager that answered last is asked first.
  std::atomic<std::size_t> preferred_{0};
};

}  // namespace marquee::broker
