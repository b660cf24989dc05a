#pragma once

#include "broker/internal_routes.h"
#include "net/http_server.h"

namespace marquee::broker {

// What an operator, or the controller, may ask of one replica. All behind the check of the cluster's secret.

/// GET /internal/raft?topic=&partition=: how this broker's replica stands. Without both: all of them, with
/// the brokers that this one is connected to.
[[nodiscard]] net::task<net::http_response> tell_raft(const internal_routes_environment& environment,
                                                      broker_services& services,
                                                      net::http_exchange& exchange);

/// POST /internal/raft/transfer {"topic": name or id, "partition": 0, "target": 2}: 200 once it has begun (it
/// is given up when the target does not take over within an election time-out); 409 NOT_LEADER; 422 when the
/// target is no voter (NOT_A_VOTER) or not in sync (NOT_IN_SYNC). The target will say that it leads by order,
/// so that the controller leaves it there for a while; the controller itself asks for first voters only.
[[nodiscard]] net::task<net::http_response> transfer_leadership(
    const internal_routes_environment& environment, broker_services& services, net::http_exchange& exchange);

/// POST /internal/raft/timeout {"topic", "partition"}: this replica stands for election at once, whoever
/// leads. 409 REFUSED when it may not: it leads already, is no voter, is in doubt or fenced.
[[nodiscard]] net::task<net::http_response> time_out_leader(const internal_routes_environment& environment,
                                                            broker_services& services,
                                                            net::http_exchange& exchange);

}  // namespace marquee::broker
