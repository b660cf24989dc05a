#pragma once

#include "write_manager/manager_context.h"

namespace marquee::net {
class http_router;
}

namespace marquee::write_manager {

/// POST /broker (registration and heartbeat), GET /brokers, DELETE /broker/{id}. What is given must outlive
/// the router.
void add_broker_routes(net::http_router& router, manager_context& context);

}  // namespace marquee::write_manager
