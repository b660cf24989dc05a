#include "load_balancer/manager_table.h"

#include <algorithm>

namespace marquee::load_balancer {
namespace {

/// FNV-1a, then splitmix64's finish: equal on every machine.
std::uint64_t weight_of(std::string_view key, const std::string& manager) {
  std::uint64_t hash = 0xcbf29ce484222325ULL;
  const auto mix = [&](std::string_view text) {
    for (const char c : text) hash = (hash ^ static_cast<std::uint8_t>(c)) * 0x100000001b3ULL;
  };
  mix(key);
  mix(std::string_view("\0", 1));
  mix(manager);
  hash = (hash ^ (hash >> 30)) * 0xbf58476d1ce4e5b9ULL;
  hash = (hash ^ (hash >> 27)) * 0x94d049bb133111ebULL;
  return hash ^ (hash >> 31);
}

int preference(manager_health health) {
  switch (health) {
    case manager_health::healthy:
      return 0;
    case manager_health::unknown:
      return 1;
    case manager_health::unhealthy:
      return 2;
    case manager_health::silent:
      return 3;
  }
  return 3;
}

}  // namespace

std::string_view to_string(manager_role role) {
  switch (role) {
    case manager_role::write_manager:
      return "write_manager";
    case manager_role::read_manager:
      return "read_manager";
    case manager_role::booking_front_end:
      return "booking_front_end";
  }
  return "";
}

std::optional<manager_role> parse_manager_role(std::string_view text) {
  for (const manager_role role : {manager_role::write_manager, manager_role::read_manager})
    if (text == to_string(role)) return role;
  return std::nullopt;
}

manager* manager_table::find(const net::endpoint& http) {
  const auto found = std::find_if(managers_.begin(), managers_.end(),
                                  [&](const manager& each) { return each.http == http; });
  return found == managers_.end() ? nullptr : &*found;
}

void manager_table::configure(manager_role role, const net::endpoint& http) {
  if (manager* known = find(http)) {
    known->configured = true;
    return;
  }
  managers_.push_back({.name = net::to_string(http), .role = role, .http = http, .configured = true});
}

void manager_table::learn(const std::vector<manager>& registered) {
  for (const manager& each : registered) {
    manager* known = find(each.http);
    if (known == nullptr) {
      managers_.push_back({.name = each.name, .role = each.role, .http = each.http});
      continue;
    }
    known->name = each.name;
    known->role = each.role;
  }
  std::erase_if(managers_, [&](const manager& each) {
    const auto same = [&](const manager& other) { return other.http == each.http; };
    const bool stays = each.configured || each.health == manager_health::healthy;
    return !stays && std::none_of(registered.begin(), registered.end(), same);
  });
}

void manager_table::set_health(const net::endpoint& http, manager_health health) {
  if (manager* known = find(http)) known->health = health;
}

void manager_table::request_began(const net::endpoint& http) {
  if (manager* known = find(http)) ++known->outstanding;
}

void manager_table::request_ended(const net::endpoint& http) {
  // A manager that was dropped and learned again counts from zero.
  if (manager* known = find(http)) known->outstanding = std::max<std::int64_t>(0, known->outstanding - 1);
}

std::vector<const manager*> manager_table::candidates(manager_role role,
                                                      const std::vector<net::endpoint>& excluded) const {
  std::vector<const manager*> best;
  for (const manager& each : managers_) {
    if (each.role != role || std::find(excluded.begin(), excluded.end(), each.http) != excluded.end())
      continue;
    if (!best.empty() && preference(each.health) > preference(best.front()->health)) continue;
    if (!best.empty() && preference(each.health) < preference(best.front()->health)) best.clear();
    best.push_back(&each);
  }
  return best;
}

std::optional<manager> manager_table::least_outstanding(manager_role role,
                                                        const std::vector<net::endpoint>& excluded) {
  std::vector<const manager*> equal = candidates(role, excluded);
  if (equal.empty()) return std::nullopt;
  const auto fewer = [](const manager* a, const manager* b) { return a->outstanding < b->outstanding; };
  const std::int64_t fewest = (*std::min_element(equal.begin(), equal.end(), fewer))->outstanding;
  std::erase_if(equal, [&](const manager* each) { return each->outstanding > fewest; });
  return *equal[turn_++ % equal.size()];
}

std::optional<manager> manager_table::by_hash(manager_role role, std::string_view key,
                                              const std::vector<net::endpoint>& excluded) const {
  const std::vector<const manager*> choice = candidates(role, excluded);
  if (choice.empty()) return std::nullopt;
  const auto lighter = [&](const manager* a, const manager* b) {
    return weight_of(key, net::to_string(a->http)) < weight_of(key, net::to_string(b->http));
  };
  return **std::max_element(choice.begin(), choice.end(), lighter);
}

std::vector<net::endpoint> manager_table::silent(manager_role role) const {
  std::vector<net::endpoint> found;
  for (const manager& each : managers_)
    if (each.role == role && each.health == manager_health::silent) found.push_back(each.http);
  return found;
}

bool manager_table::any_healthy(manager_role role) const {
  return std::any_of(managers_.begin(), managers_.end(), [&](const manager& each) {
    return each.role == role && each.health == manager_health::healthy;
  });
}

}  // namespace marquee::load_balancer
