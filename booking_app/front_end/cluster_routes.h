#pragma once

#include "booking_app/front_end/front_end_context.h"
#include "net/http_router.h"

namespace marquee::booking {

/// GET /v1/cluster: what this front end knows of the replicas, and how far each says that it is; fields of
/// one that does not answer at once are null. GET /v1/health: the same, 503 NO_MAJORITY when no two of them
/// could agree. GET /v1/replicas/{id}/digest?offset=: asks that replica; without `offset` what it has now.
void add_cluster_routes(net::http_router& router, front_end_context& context);

}  // namespace marquee::booking
