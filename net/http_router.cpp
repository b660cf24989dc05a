#include "net/http_router.h"

#include <algorithm>

#include "net/api_error.h"
#include "net/json_body.h"

namespace marquee::net {
namespace {

std::vector<std::string> split(std::string_view path) {
  std::vector<std::string> segments;
  if (path.starts_with('/')) path.remove_prefix(1);
  for (;;) {
    const std::size_t slash = path.find('/');
    segments.emplace_back(path.substr(0, slash));
    if (slash == std::string_view::npos) return segments;
    path.remove_prefix(slash + 1);
  }
}

bool is_parameter(std::string_view segment) {
  return segment.starts_with('{') && segment.ends_with('}');
}

bool matches(const std::vector<std::string>& pattern, const std::vector<std::string>& segments) {
  if (pattern.size() != segments.size()) return false;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    const bool fits = is_parameter(pattern[i]) ? !segments[i].empty() : pattern[i] == segments[i];
    if (!fits) return false;
  }
  return true;
}

/// Literal segments before parameters, from the left.
bool more_literal(const std::vector<std::string>& a, const std::vector<std::string>& b) {
  for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i)
    if (is_parameter(a[i]) != is_parameter(b[i])) return !is_parameter(a[i]);
  return a < b;
}

}  // namespace

void http_router::add(std::string method, std::string_view pattern, http_handler handler, query_use query) {
  const std::vector<std::string> segments = split(pattern);
  auto place = std::find_if(routes_.begin(), routes_.end(),
                            [&](const route& each) { return each.segments == segments; });
  if (place == routes_.end()) {
    place = std::find_if(routes_.begin(), routes_.end(),
                         [&](const route& each) { return more_literal(segments, each.segments); });
    place = routes_.insert(place, route{segments, {}});
  }
  place->methods.push_back({std::move(method), std::move(handler), query});
}

const http_router::route* http_router::find(const std::vector<std::string>& segments) const {
  for (const route& each : routes_)
    if (matches(each.segments, segments)) return &each;
  return nullptr;
}

task<http_response> http_router::handle(http_exchange& exchange) const {
  const std::vector<std::string> segments = split(exchange.request.path);
  const route* found = exchange.request.path.starts_with('/') ? find(segments) : nullptr;
  if (found == nullptr && otherwise_) co_return co_await otherwise_(exchange);
  if (found == nullptr) {
    api_error problem;
    problem.component = component_;
    problem.status = 404;
    problem.code = "NOT_FOUND";
    problem.message = "there is nothing at this path";
    co_return to_response(problem);
  }
  const std::string_view method =
      exchange.request.method == "HEAD" ? "GET" : std::string_view(exchange.request.method);
  std::string allowed;
  for (const auto& [name, handler, query] : found->methods) {
    if (name == method) {
      if (query == query_use::none && !exchange.request.query.empty())
        if (const auto refused = json_body::from_query(exchange.request).finish())
          co_return to_response(bad_request(component_, *refused));
      for (std::size_t i = 0; i < segments.size(); ++i) {
        const std::string& part = found->segments[i];
        if (is_parameter(part))
          exchange.path_parameters.emplace_back(part.substr(1, part.size() - 2), segments[i]);
      }
      co_return co_await handler(exchange);
    }
    allowed += (allowed.empty() ? "" : ", ") + name + (name == "GET" ? ", HEAD" : "");
  }
  api_error problem;
  problem.component = component_;
  problem.status = 405;
  problem.code = "METHOD_NOT_ALLOWED";
  problem.message = "this path allows " + allowed;
  http_response response = to_response(problem);
  response.headers.add("Allow", allowed);
  co_return response;
}

http_handler http_router::as_handler() const {
  return [this](http_exchange& exchange) { return handle(exchange); };
}

std::vector<std::string> http_router::routes() const {
  std::vector<std::string> all;
  for (const route& each : routes_)
    for (const auto& [method, handler, query] : each.methods) {
      std::string path;
      for (const std::string& segment : each.segments) path += "/" + segment;
      all.push_back(method + " " + path);
    }
  std::sort(all.begin(), all.end());
  return all;
}

}  // namespace marquee::net
