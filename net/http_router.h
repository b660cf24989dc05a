#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "net/http_exchange.h"

namespace marquee::net {

/// Whether a handler looks at the query. Where it does not, any field there is refused by name (400), so that
/// a typo never passes silently; names that begin with "x_" are ignored.
enum class query_use : std::uint8_t { read, none };

/// Finds the handler for (method, path). Filled before the server starts, read-only afterwards.
/// An unknown path is 404 NOT_FOUND, a known path with another method 405 METHOD_NOT_ALLOWED with Allow. HEAD
/// is served by GET's handler (the server leaves the body out).
class http_router {
 public:
  /// `component` is named in the router's own errors.
  explicit http_router(std::string component) : component_(std::move(component)) {}

  /// `pattern` such as "/topics/{topic}/partitions": a part in braces matches one non-empty segment and
  /// becomes a path parameter, decoded. Of two patterns that match, the one with the literal segment first
  /// wins.
  void add(std::string method, std::string_view pattern, http_handler handler,
           query_use query = query_use::read);

  /// Called for paths that no pattern matches, instead of the 404.
  void otherwise(http_handler handler) { otherwise_ = std::move(handler); }

  [[nodiscard]] task<http_response> handle(http_exchange& exchange) const;
  /// A handler that calls `handle`; the router must outlive it.
  [[nodiscard]] http_handler as_handler() const;
  /// "GET /topics/{topic}" and so on, sorted: to be compared with the documented routes.
  [[nodiscard]] std::vector<std::string> routes() const;

 private:
  struct route {
    std::vector<std::string> segments;  ///< a parameter is kept with its braces
    struct method {
      std::string name;
      http_handler handler;
      query_use query;
    };
    std::vector<method> methods;
  };
  [[nodiscard]] const route* find(const std::vector<std::string>& segments) const;

  std::string component_;
  std::vector<route> routes_;
  http_handler otherwise_;
};

}  // namespace marquee::net
