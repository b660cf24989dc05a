#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "load_balancer/manager_table.h"
#include "net/http_message.h"

namespace marquee::load_balancer {

/// Whether sending a request twice can do harm.
enum class resend_safety : std::uint8_t { only_if_not_sent, safe };

/// Where a request goes and how.
struct request_route {
  manager_role role = manager_role::write_manager;
  resend_safety resend = resend_safety::only_if_not_sent;
  std::string consumer_id = {};  ///< a hint for choosing the read manager; empty: any
  bool is_consume = false;       ///< may wait long, and reports Server-Timing
  bool is_produce = false;
  bool is_numbered = false;  ///< a consume with `poll`
  std::int64_t wait_ms = 0;  ///< how long a consume may be a long poll; the most where that cannot be read
};

/// Decides by path, method and body (DESIGN D21): `/topics*`, `/broker*`, `/producer/*`, `/cluster` and
/// `/activity` to write managers, `/consumer/*` and `/size` to read managers. Nothing for other paths:
/// internal ones are never forwarded. Bodies larger than `scanned_body_bytes` are not looked into, and count
/// as not safe to send again.
[[nodiscard]] std::optional<request_route> route_of(const net::http_request& request,
                                                    std::size_t scanned_body_bytes);

}  // namespace marquee::load_balancer
