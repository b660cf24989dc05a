#pragma once

#include <cstddef>
#include <deque>
#include <list>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <unordered_map>

#include "base/random.h"
#include "load_balancer/manager_table.h"
#include "net/cluster_secret.h"
#include "net/deadline.h"
#include "net/http_client.h"
#include "net/task.h"
#include "net/wake_point.h"

namespace marquee::net {
class event_loop;
}

namespace marquee::load_balancer {

/// Sees to it that an answer to a consume without `poll` that did not reach its client counts as not
/// delivered. Every attempt to consume gets a name; when its answer is lost on the way from the manager, or
/// cannot be written to the client, a read manager is told so. Until it knows, the consumer's next consume
/// waits here: it would mean that the lost messages had been received. The later consumes of that consumer
/// name the attempt once more: it may still be under way to a manager, or at one that takes the consumer over
/// for it, and be answered to nobody after all.
///
/// On the load balancer's loop; owned by shared_ptr, because what it tells refers to it. If no manager can be
/// told (all of them are gone) the consumer's next owner begins at the committed position. Consumes of one
/// consumer through several load balancers at once are kept apart by their owner alone.
class delivery_guard : public std::enable_shared_from_this<delivery_guard> {
 public:
  /// The request header that names an attempt; read managers know it.
  static constexpr const char* attempt_header = "X-Marquee-Attempt";
  /// The request header that lists, with commas, the attempts that were lost before.
  static constexpr const char* lost_header = "X-Marquee-Lost-Attempts";

  delivery_guard(net::event_loop& loop, manager_table& table, const net::cluster_secret& secret);

  /// The consumer's turn, until the last copy goes.
  using turn = std::shared_ptr<void>;
  /// Null when the deadline passed or the client went.
  [[nodiscard]] net::task<turn> take_turn(std::string consumer_id, net::deadline end,
                                          std::stop_token client_gone);
  [[nodiscard]] std::string next_attempt();
  /// Tells a read manager, whichever is healthy: it finds the consumer's owner. Returns at once; the turn is
  /// kept until it is known or given up.
  void tell_lost(std::string consumer_id, std::string attempt, turn keep);
  /// The last attempts of the consumer that were lost, as lost_header lists them; empty if there were none.
  [[nodiscard]] std::string lost_attempts(const std::string& consumer_id) const;
  void close() { client_.reset(); }

 private:
  /// So many of one consumer, and of so many consumers: those that lost none for longest are forgotten.
  static constexpr std::size_t most_lost = 4;
  static constexpr std::size_t most_losers = 1'000;

  void remember_lost(const std::string& consumer_id, const std::string& attempt);
  static net::task<void> tell(std::shared_ptr<delivery_guard> self, std::string consumer_id,
                              std::string attempt, turn keep);

  net::event_loop& loop_;
  manager_table& table_;
  const net::cluster_secret secret_;
  std::unique_ptr<net::http_client> client_;
  std::unordered_map<std::string, net::wake_point> taken_;
  struct loser {
    std::string consumer_id;
    std::deque<std::string> attempts;  ///< oldest first
  };
  std::list<loser> losers_;  ///< the one that lost an answer last comes first
  std::unordered_map<std::string, std::list<loser>::iterator> loser_of_;
  random_source random_{system_seed()};
};

}  // namespace marquee::load_balancer
