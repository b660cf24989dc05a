#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "base/random.h"
#include "net/deadline.h"
#include "net/endpoint.h"
#include "net/http_exchange.h"
#include "net/http_message.h"
#include "read_manager/ownership.h"

namespace marquee::net {
class cluster_secret;
class event_loop;
class http_client;
struct http_outcome;
}  // namespace marquee::net

namespace marquee::read_manager {

/// Who forwarded a request: the name of the manager. Believed only with the proof of the cluster secret.
inline constexpr std::string_view forwarded_header = "X-Marquee-Forwarded";
/// Names one try to consume. Whoever sends it and loses the answer, or cannot pass it on, says so with POST
/// /internal/undelivered?consumer_id=&attempt= to a read manager, signed with the cluster secret.
inline constexpr std::string_view attempt_header = "X-Marquee-Attempt";
/// Attempts of the same consumer whose answers its load balancer has lost before, with commas.
inline constexpr std::string_view lost_attempts_header = "X-Marquee-Lost-Attempts";
/// Read managers that a load balancer does not hear any more, "host:port" with commas. Believed only with the
/// proof of the cluster secret.
inline constexpr std::string_view silent_managers_header = "X-Marquee-Silent-Managers";
/// In the answer of a manager that is not the owner of the consumer (any more).
inline constexpr std::string_view not_owner_header = "X-Marquee-Not-Owner";
/// In the answer of a manager that stops: it has let the consumer go, whoever asks next may have it.
inline constexpr std::string_view released_header = "X-Marquee-Released";

struct forward_outcome {
  forward_attempt attempt;
  bool not_owner = false;  ///< the other manager does not own the consumer
  bool released = false;   ///< the other manager stops and let the consumer go
  bool client_gone = false;
  std::optional<net::http_response> response;
};

/// Sends a request on to the read manager that owns its consumer (DESIGN D12). Belongs to the manager's loop.
class request_forwarder {
 public:
  /// The owner must say within this time that it has the request, and again until it answers: it may also
  /// stop in the middle.
  static constexpr std::int64_t confirm_timeout_ms = 1'000;
  static constexpr std::int64_t confirm_every_ms = 250;
  /// The same for one that a load balancer has waited for already.
  static constexpr std::int64_t silent_timeout_ms = 300;

  request_forwarder(net::event_loop& loop, net::http_client& client, const net::cluster_secret& secret,
                    std::string name)
      : loop_(loop), client_(client), secret_(secret), name_(std::move(name)) {}

  /// An answer to consume that is lost on the way to here, or from here on, counts as not delivered.
  [[nodiscard]] net::task<forward_outcome> forward(net::http_exchange& exchange, std::string owner,
                                                   std::string consumer_id, net::deadline end);
  /// Tells the owner that nobody gets its answer to this attempt. True if it knows, or is gone.
  [[nodiscard]] net::task<bool> say_undelivered(std::string owner, std::string consumer_id,
                                                std::string attempt, std::int64_t patience_ms);
  /// Tells the owner that it is not the owner any more, because of a take-over or a deletion. Who does not
  /// hear it finds out by itself a little later.
  [[nodiscard]] net::task<> say_release(std::string owner, std::string consumer_id);
  /// The same without waiting for it.
  void begin_to_say_release(std::string owner, std::string consumer_id);
  /// Asks the owner to end the consumer's long poll now, with what there is.
  void begin_to_say_answer_now(std::string owner, std::string consumer_id);
  /// The same for every consume that was forwarded and is not answered yet.
  void hurry();
  void hurry(const std::string& consumer_id);
  /// True if the request comes from another manager of this cluster.
  [[nodiscard]] bool was_forwarded(const net::http_request& request) const;
  /// How long the manager at `owner` may be silent: shorter if the load balancer that sent the request does
  /// not hear it.
  [[nodiscard]] std::int64_t patience_ms(const net::http_request& request, std::string_view owner) const;

 private:
  [[nodiscard]] net::http_request prepare(const net::http_exchange& exchange, net::deadline end) const;
  [[nodiscard]] net::task<net::http_outcome> tell(net::endpoint owner, std::string target,
                                                  std::int64_t patience_ms = confirm_timeout_ms);
  void begin_to_say_undelivered(std::string owner, std::string consumer_id, std::string attempt);

  net::event_loop& loop_;
  net::http_client& client_;
  const net::cluster_secret& secret_;
  std::string name_;
  random_source random_{system_seed()};
  std::multimap<std::string, std::string> under_way_;  ///< consumes: consumer id, owner
};

}  // namespace marquee::read_manager
