#include "load_balancer/forwarded_message.h"

#include <fmt/core.h>

#include <algorithm>

#include "net/access_policy.h"

namespace marquee::load_balancer {

std::string origin_form(std::string_view target) {
  if (target.starts_with("http://")) {
    const std::size_t slash = target.find('/', 7);
    target = slash == std::string_view::npos ? "/" : target.substr(slash);
  }
  return std::string(target.substr(0, target.find('#')));
}

void copy_fields(const net::http_headers& from, std::span<const std::string_view> names,
                 net::http_headers& to) {
  for (const std::string_view name : names)
    if (const std::string* value = from.find(name)) to.add(std::string(name), *value);
}

net::http_request forwarded_request(net::http_exchange& exchange, std::string target,
                                    std::span<const std::string_view> fields,
                                    const net::cluster_secret& secret) {
  net::http_request request{.method = exchange.request.method, .target = std::move(target)};
  copy_fields(exchange.request.headers, fields, request.headers);
  request.headers.add("X-Request-Id", exchange.request_id);
  request.body = std::move(exchange.request.body);
  const net::principal who = net::principal_of(exchange.request, secret);
  if (who.name != net::principal().name) {
    request.headers.add(std::string(net::principal_header), who.name);
    secret.sign(request);
  }
  return request;
}

std::string server_timing(std::int64_t own_us, const net::http_headers* theirs) {
  own_us = std::max<std::int64_t>(0, own_us);
  std::string timing = fmt::format("lb;dur={}.{:03}", own_us / 1000, own_us % 1000);
  if (const std::string* more = theirs ? theirs->find("Server-Timing") : nullptr) timing += ", " + *more;
  return timing;
}

}  // namespace marquee::load_balancer
