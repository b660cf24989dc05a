#pragma once

#include <string>

#include "net/http_router.h"
#include "write_manager/manager_context.h"

namespace marquee::write_manager {

/// GET /activity: who was last seen when, oldest first. From memory; what other managers wrote to PostgreSQL
/// is read first if that takes no time.
void add_activity_route(net::http_router& router, manager_context& context);

/// Heartbeats are too many to be noted one by one: takes the newest of each broker from the registry.
void note_activity_of_brokers(manager_context& context);

/// "last_seen_ms" of a broker: its last heartbeat to this manager, else what another one wrote; "null" if
/// nobody knows.
[[nodiscard]] std::string last_seen_json(const manager_context& context, broker_id broker);

/// The opaque id of a client, or a broker's number, as text.
[[nodiscard]] std::string shown_id(const manager_context& context, const db::activity_item& item);

}  // namespace marquee::write_manager
