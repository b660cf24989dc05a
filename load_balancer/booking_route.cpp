#include "load_balancer/booking_route.h"

#include "load_balancer/forwarded_message.h"

namespace marquee::load_balancer {
namespace {

constexpr std::string_view prefix = "/booking";

bool is_for_operators(std::string_view path) {
  for (const std::string_view hidden : {"/metrics", "/health", "/ready", "/internal"})
    if (path == hidden || (path.starts_with(hidden) && path[hidden.size()] == '/')) return true;
  return false;
}

}  // namespace

booking_route booking_route_of(const net::http_request& request, std::size_t kept_body_bytes) {
  const std::string target = origin_form(request.target);
  if (!target.starts_with(prefix)) return {};
  const std::string rest = target.substr(prefix.size());
  const bool reads = request.method == "GET" || request.method == "HEAD";
  using kind = booking_route::kind;
  if (rest.empty() || rest.starts_with('?'))
    return {.what = reads ? kind::redirect : kind::hidden, .target = std::string(prefix) + "/" + rest};
  if (!rest.starts_with('/')) return {};
  booking_route route{.what = kind::forward, .target = rest};
  if (is_for_operators(std::string_view(request.path).substr(prefix.size()))) route.what = kind::hidden;
  const bool is_numbered = request.headers.has("Idempotency-Key") || request.headers.has("X-Client-Seq");
  if ((reads || is_numbered) && request.body.size() <= kept_body_bytes) route.resend = resend_safety::safe;
  route.client_id = request.headers.get("X-Client-Id");
  return route;
}

}  // namespace marquee::load_balancer
