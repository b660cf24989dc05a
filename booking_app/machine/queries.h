#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "booking_app/machine/machine_state.h"

namespace marquee::booking {

// What front ends show of the state, as JSON objects with sorted fields and without `status` and `offset`,
// which whoever answers the request adds. Nothing here changes anything.

struct show_filter {
  std::optional<std::string_view> movie = {};
  std::optional<std::int64_t> from_ms = {};  ///< shows that start then or later
  bool only_available = false;               ///< open shows with a free seat
};
/// `{"shows":[{"show_id","movie","hall","starts_at_ms","free","held","booked","blocked","total","show_version",
/// "status"}]}`, sorted by (starts_at_ms, show_id).
[[nodiscard]] std::string shows_json(const machine_state& state, const show_filter& filter);

/// `{"rows","cols","seats":[{"id","row","col","cat","state","mine"}],"categories","show_status","show_version",...}`;
/// nothing if there is no such show. `mine` is there for held and booked seats of `asker`.
[[nodiscard]] std::optional<std::string> seat_map_json(const machine_state& state, std::string_view show_id,
                                                       std::string_view asker);

/// What is known of a session: `state` ACTIVE, JEOPARDY or EXPIRED, its lease, holds and locks. Nothing if
/// there never was one; `of_other` if it is live and another client's.
struct session_view {
  bool of_other = false;
  std::string json;
};
[[nodiscard]] std::optional<session_view> session_json(const machine_state& state,
                                                       std::string_view session_id, std::string_view asker);

enum class booking_filter : std::uint8_t { live, all };
/// `{"bookings":[{"booking_id","show_id","seats","price_cents"}]}` of a client, by id; with `state` if all.
[[nodiscard]] std::string bookings_json(const machine_state& state, std::string_view client,
                                        booking_filter filter);

/// `{"name","holder","token","ttl_left_ms","waiters"}`; nothing if nobody ever acquired it. The token of a
/// free lock is that of its last grant.
[[nodiscard]] std::optional<std::string> lock_json(const machine_state& state, std::string_view name);

/// What was written to a lock file; empty if nothing was.
[[nodiscard]] inline std::string_view lock_file_content(const machine_state& state, std::string_view target) {
  return state.lock_files.content(target);
}

/// `{"holds":[{"hold_id","show_id","seats","price_cents","expires_in_ms"}]}`: the live holds of a session, by
/// id.
[[nodiscard]] std::string holds_json(const machine_state& state, std::int64_t session);

}  // namespace marquee::booking
