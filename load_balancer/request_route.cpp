#include "load_balancer/request_route.h"

#include <algorithm>
#include <charconv>

#include "load_balancer/body_scan.h"

namespace marquee::load_balancer {
namespace {

bool is_or_is_below(std::string_view path, std::string_view prefix) {
  return path == prefix || (path.starts_with(prefix) && path[prefix.size()] == '/');
}

bool is_number(std::optional<std::string_view> text) {
  return text && !text->empty() && text->find_first_not_of("-0123456789") == std::string_view::npos;
}

/// As a read manager takes it.
std::int64_t wait_ms_of(std::optional<std::string_view> text) {
  constexpr std::int64_t longest_ms = 30'000;
  if (!text) return 0;
  std::int64_t value = 0;
  const char* const end = text->data() + text->size();
  const auto [stopped, problem] = std::from_chars(text->data(), end, value);
  if (problem != std::errc() || stopped != end) return longest_ms;
  return std::clamp<std::int64_t>(value, 0, longest_ms);
}

std::optional<manager_role> role_of(std::string_view path) {
  for (const std::string_view prefix :
       {"/topics", "/broker", "/brokers", "/producer", "/cluster", "/activity"})
    if (is_or_is_below(path, prefix)) return manager_role::write_manager;
  for (const std::string_view prefix : {"/consumer", "/size"})
    if (is_or_is_below(path, prefix)) return manager_role::read_manager;
  return std::nullopt;
}

/// The field of a request, from its query or from its body.
std::optional<std::string_view> field_of(const net::http_request& request, std::string_view name,
                                         std::size_t scanned_body_bytes) {
  if (request.method == "GET" || request.method == "HEAD" || request.method == "DELETE") {
    const std::string* value = request.query_value(name);
    return value ? std::optional<std::string_view>(*value) : std::nullopt;
  }
  if (request.body.size() > scanned_body_bytes) return std::nullopt;
  return top_level_member(request.body, name);
}

std::string consumer_id_of(const net::http_request& request, std::size_t scanned_body_bytes) {
  constexpr std::string_view prefix = "/consumer/";
  const std::string_view path = request.path;
  if (path.starts_with(prefix)) {
    const std::string_view last = path.substr(prefix.size());
    const bool is_verb = last == "consume" || last == "commit" || last == "seek" || last == "register";
    if (!is_verb) return std::string(last);
  }
  return std::string(field_of(request, "consumer_id", scanned_body_bytes).value_or(""));
}

}  // namespace

std::optional<request_route> route_of(const net::http_request& request, std::size_t scanned_body_bytes) {
  const std::optional<manager_role> role = role_of(request.path);
  if (!role) return std::nullopt;
  request_route route{.role = *role};
  const bool kept = request.body.size() <= scanned_body_bytes;
  route.is_produce = request.path == "/producer/produce";
  route.is_consume = request.path == "/consumer/consume";
  if (route.is_consume) {
    // Without exception: what is not numbered must be known by its consumer to be given back when it is lost.
    scanned_body_bytes = request.body.size();
    route.is_numbered = is_number(field_of(request, "poll", scanned_body_bytes));
    route.wait_ms = wait_ms_of(field_of(request, "wait_ms", scanned_body_bytes));
  }
  const bool reads_or_removes =
      request.method == "GET" || request.method == "HEAD" || request.method == "DELETE";
  const bool again = route.is_produce   ? is_number(field_of(request, "sequence", scanned_body_bytes))
                     : route.is_consume ? route.is_numbered
                                        : reads_or_removes;
  route.resend = again && kept ? resend_safety::safe : resend_safety::only_if_not_sent;
  if (*role == manager_role::read_manager) route.consumer_id = consumer_id_of(request, scanned_body_bytes);
  return route;
}

}  // namespace marquee::load_balancer
