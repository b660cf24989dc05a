#pragma once

#include "broker/internal_routes.h"
#include "net/http_server.h"

namespace marquee::broker {

/// POST /internal/recover {"topic": name or id, "partition": 0, "accept_loss": true}: what this broker's
/// replica has and whether it is in doubt (DESIGN D4); with `accept_loss` its doubt is over. Asking again is
/// harmless. Behind the check of the cluster's secret.
[[nodiscard]] net::task<net::http_response> recover_partition(const internal_routes_environment& environment,
                                                              broker_services& services,
                                                              net::http_exchange& exchange);

}  // namespace marquee::broker
