#pragma once

#include "broker/internal_routes.h"
#include "net/http_server.h"

namespace marquee::broker {

// Records straight to and from one replica, past managers and clients: to see what this replica does. All
// behind the check of the cluster's secret.

/// POST /internal/raft/store {"topic": name or id, "partition": 0, "value": "...", "key"?: "..."}: appends
/// one record and answers {"offset", "term"} when it is committed. 409 NOT_LEADER on any replica but the
/// leader, with `leader`.
[[nodiscard]] net::task<net::http_response> store_record(const internal_routes_environment& environment,
                                                         broker_services& services,
                                                         net::http_exchange& exchange);

/// POST /internal/raft/retrieve {"topic", "partition", "offset"?: 0, "count"?: 10}: records that this replica
/// holds and knows to be committed, from the first at or after `offset` on, leader or not. A follower may not
/// know of the newest ones yet; `high_watermark` says how far it knows. A value that is no UTF-8 text comes
/// as `value_base64`.
[[nodiscard]] net::task<net::http_response> retrieve_records(const internal_routes_environment& environment,
                                                             broker_services& services,
                                                             net::http_exchange& exchange);

}  // namespace marquee::broker
