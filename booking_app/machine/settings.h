#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "booking_app/machine/entity_digest.h"
#include "booking_app/machine/json_tree.h"

namespace marquee::booking {

inline constexpr std::int64_t shortest_lease_ms = 500;
inline constexpr std::int64_t longest_lease_ms = 300'000;
inline constexpr std::int64_t longest_grace_ms = 300'000;
inline constexpr std::int64_t longest_lock_ttl_ms = 3'600'000;

/// What administrators can set with `config.set`; one entity of the state. A change counts for later
/// commands.
struct settings {
  std::vector<std::string> admins = {"admin"};
  std::int64_t lease_ms = 12'000;
  std::int64_t grace_ms = 45'000;
  std::int64_t hold_ms = 120'000;
  std::int64_t max_hold_ms = 900'000;
  std::int64_t max_per_booking = 10;
  std::int64_t offer_ms = 120'000;
  std::int64_t lock_ttl_ms = 8'000;
  std::int64_t lock_delay_ms = 0;
  std::int64_t max_txn_bytes = 1024 * 1024;
  std::int64_t max_sessions = 100'000;
  std::int64_t max_sessions_per_client = 2'000;
  digest_value share = {};

  [[nodiscard]] bool is_admin(std::string_view client) const;
  /// False, and nothing is changed, if there is no such key or the value does not fit it.
  [[nodiscard]] bool set(std::string_view key, const json_value& value);
};

void describe(auto& archive, is_entity<settings> auto& s) {
  archive(s.admins, s.lease_ms, s.grace_ms, s.hold_ms, s.max_hold_ms, s.max_per_booking, s.offer_ms,
          s.lock_ttl_ms, s.lock_delay_ms, s.max_txn_bytes, s.max_sessions, s.max_sessions_per_client);
}

}  // namespace marquee::booking
