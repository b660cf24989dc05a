#pragma once

#include <span>
#include <string>
#include <string_view>

#include "net/cluster_secret.h"
#include "net/http_exchange.h"
#include "net/http_message.h"

namespace marquee::load_balancer {

/// The target in origin form: no scheme, no host, no fragment.
[[nodiscard]] std::string origin_form(std::string_view target);

/// Adds the fields of these names: what is not named does not travel.
void copy_fields(const net::http_headers& from, std::span<const std::string_view> names,
                 net::http_headers& to);

/// The request as it goes on: with these fields, its id, and its principal where it has proven one. Takes the
/// body out of the exchange.
[[nodiscard]] net::http_request forwarded_request(net::http_exchange& exchange, std::string target,
                                                  std::span<const std::string_view> fields,
                                                  const net::cluster_secret& secret);

/// "lb;dur=0.125" for what this process took of the time, then what the answer said itself.
[[nodiscard]] std::string server_timing(std::int64_t own_us, const net::http_headers* theirs);

}  // namespace marquee::load_balancer
