#pragma once

#include "load_balancer/manager_table.h"
#include "net/cluster_secret.h"
#include "net/http_message.h"

namespace marquee::load_balancer {

/// The request header that lists, with commas, the read managers that do not answer their health check. It is
/// believed with the proof of the cluster secret only.
inline constexpr std::string_view silent_managers_header = "X-Marquee-Silent-Managers";

/// Tells a read manager who has been waited for already: those have less time to confirm a request before it
/// claims their consumers. Without a silent one the request stays as it is but for an older list, which goes.
void name_silent_managers(const manager_table& table, const net::cluster_secret& secret,
                          net::http_request& request);

}  // namespace marquee::load_balancer
