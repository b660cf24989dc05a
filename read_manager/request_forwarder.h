#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "net/deadline.h"
#include "net/endpoint.h"
#include "net/http_exchange.h"
#include "net/http_message.h"
#include "read_manager/ownership.h"

namespace marquee::net {
class cluster_secret;
class event_loop;
class http_client;
}  // namespace marquee::net

namespace marquee::read_manager {

/// Who forwarded a request: the name of the manager. Believed only with the proof of the cluster secret.
inline constexpr std::string_view forwarded_header = "X-Marquee-Forwarded";
/// In an answer to a consume without `poll`: "<consumer id>:<number>@<owner>". Whoever passes the answer on
/// and fails says so to a read manager with POST /internal/undelivered?delivery=<that>, signed with the
/// cluster secret.
inline constexpr std::string_view delivery_header = "X-Marquee-Delivery";
/// In the answer of a manager that is not the owner of the consumer (any more).
inline constexpr std::string_view not_owner_header = "X-Marquee-Not-Owner";

/// The parts of a delivery header's value.
struct delivery_name {
  std::string consumer_id;
  std::int64_t number = 0;
  std::string owner;
};
[[nodiscard]] std::string to_string(const delivery_name& name);
[[nodiscard]] std::optional<delivery_name> parse_delivery_name(std::string_view text);

struct forward_outcome {
  forward_attempt attempt;
  bool not_owner = false;  ///< the other manager does not own the consumer
  bool client_gone = false;
  std::optional<net::http_response> response;
};

/// Sends a request on to the read manager that owns its consumer (DESIGN D12). Belongs to the manager's loop.
class request_forwarder {
 public:
  /// The owner must say within this time that it has the request.
  static constexpr std::int64_t confirm_timeout_ms = 1'000;

  request_forwarder(net::event_loop& loop, net::http_client& client, const net::cluster_secret& secret,
                    std::string name)
      : loop_(loop), client_(client), secret_(secret), name_(std::move(name)) {}

  [[nodiscard]] net::task<forward_outcome> forward(net::http_exchange& exchange, std::string owner,
                                                   net::deadline end);
  /// Tells the owner that its answer did not reach the consumer, so that it counts as not delivered.
  void say_undelivered(std::string owner, const std::string& delivery);
  /// True if the request comes from another manager of this cluster.
  [[nodiscard]] bool was_forwarded(const net::http_request& request) const;

 private:
  [[nodiscard]] net::http_request prepare(const net::http_exchange& exchange, net::deadline end) const;
  net::event_loop& loop_;
  net::http_client& client_;
  const net::cluster_secret& secret_;
  std::string name_;
};

}  // namespace marquee::read_manager
