#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/endpoint.h"

namespace marquee::load_balancer {

/// Booking front ends are known like managers, but by configuration alone.
enum class manager_role : std::uint8_t { write_manager, read_manager, booking_front_end };

[[nodiscard]] std::string_view to_string(manager_role role);
/// Those that register themselves.
[[nodiscard]] std::optional<manager_role> parse_manager_role(std::string_view text);

enum class manager_health : std::uint8_t {
  unknown,
  healthy,
  unhealthy,  ///< says that it is not ready, or nobody listens
  silent      ///< takes the question and does not answer, or nothing reaches it
};

struct manager {
  std::string name = {};  ///< "host:port" until its registration tells its name
  manager_role role = manager_role::write_manager;
  net::endpoint http = {};
  bool configured = false;  ///< stays although nobody registers it
  manager_health health = manager_health::unknown;
  std::int64_t outstanding = 0;  ///< requests sent to it and not answered yet
};

/// The managers that are known, how they are, and which of them gets the next request. A pure state machine
/// (DESIGN D3): no clock, no network. Belongs to the load balancer's loop. A restart loses nothing that
/// cannot be learned again.
class manager_table {
 public:
  /// From configuration: stays for good.
  void configure(manager_role role, const net::endpoint& http);
  /// From registration. What is not in the list any more is dropped, unless it is configured or healthy: a
  /// manager that answers is better than a list that may be behind.
  void learn(const std::vector<manager>& registered);

  void set_health(const net::endpoint& http, manager_health health);
  void request_began(const net::endpoint& http);
  void request_ended(const net::endpoint& http);

  /// The manager with the fewest outstanding requests; those with equally few take turns. Healthy ones are
  /// preferred to those of unknown health, these to unhealthy ones (what is known may be half a second old),
  /// and silent ones come last. None of `excluded`.
  [[nodiscard]] std::optional<manager> least_outstanding(manager_role role,
                                                         const std::vector<net::endpoint>& excluded);
  /// Rendezvous hashing (Thaler and Ravishankar 1998): every load balancer that knows the same managers
  /// chooses the same one for a key, and a manager that comes or goes moves only its own share of keys.
  /// Preferences as above.
  [[nodiscard]] std::optional<manager> by_hash(manager_role role, std::string_view key,
                                               const std::vector<net::endpoint>& excluded) const;

  [[nodiscard]] bool any_healthy(manager_role role) const;
  [[nodiscard]] std::vector<net::endpoint> silent(manager_role role) const;
  [[nodiscard]] const std::vector<manager>& all() const { return managers_; }

 private:
  [[nodiscard]] manager* find(const net::endpoint& http);
  [[nodiscard]] std::vector<const manager*> candidates(manager_role role,
                                                       const std::vector<net::endpoint>& excluded) const;

  std::vector<manager> managers_;
  std::uint64_t turn_ = 0;
};

}  // namespace marquee::load_balancer
