#pragma once

#include "db/manager_directory.h"
#include "write_manager/controller_loop.h"
#include "write_manager/manager_context.h"

namespace marquee::net {
class http_router;
}

namespace marquee::write_manager {

/// GET /cluster, and what processes of the cluster ask: GET /internal/managers, POST /internal/producer-ids.
/// What is given must outlive the router.
void add_cluster_routes(net::http_router& router, manager_context& context,
                        const db::manager_directory& managers);

}  // namespace marquee::write_manager
