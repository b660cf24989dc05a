#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace marquee::net {

/// Header fields in order; names compare without case.
class http_headers {
 public:
  using field = std::pair<std::string, std::string>;

  http_headers() = default;
  http_headers(std::initializer_list<field> fields) : fields_(fields) {}

  /// The first field of that name, or null.
  [[nodiscard]] const std::string* find(std::string_view name) const;
  /// The first field of that name, or empty.
  [[nodiscard]] std::string_view get(std::string_view name) const;
  [[nodiscard]] bool has(std::string_view name) const { return find(name) != nullptr; }
  /// How many fields have that name.
  [[nodiscard]] std::size_t count(std::string_view name) const;
  void add(std::string name, std::string value) { fields_.emplace_back(std::move(name), std::move(value)); }
  /// Replaces all fields of that name.
  void set(std::string_view name, std::string value);
  void remove(std::string_view name);
  void clear() { fields_.clear(); }

  [[nodiscard]] auto begin() const { return fields_.begin(); }
  [[nodiscard]] auto end() const { return fields_.end(); }
  [[nodiscard]] std::size_t size() const { return fields_.size(); }

 private:
  std::vector<field> fields_;
};

struct http_request {
  std::string method = "GET";
  /// As on the request line: path and query, percent-encoded.
  std::string target = "/";
  /// Decoded; filled in by the server, ignored by the client.
  std::string path = {};
  /// Decoded pairs in order; filled in by the server, ignored by the client.
  std::vector<std::pair<std::string, std::string>> query = {};
  http_headers headers = {};
  std::string body = {};
  /// "address:port" of the client, filled in by the server.
  std::string remote = {};

  /// The first query value of that name, or null.
  [[nodiscard]] const std::string* query_value(std::string_view name) const;
};

class http_body_source;

struct http_response {
  int status = 200;
  http_headers headers = {};
  std::string body = {};
  /// Instead of `body`: it is made while it is sent, and the connection closes after it.
  std::shared_ptr<http_body_source> source = {};
  /// Called once on the server's loop when the answer has been handed to the operating system whole (true),
  /// or could not be, or was not wanted (false: HEAD). May be empty.
  std::function<void(bool written)> on_written = {};
  /// The client is known not to send its next request before it has read this answer whole: a byte of that
  /// request proves that the answer was written, however the connection ended.
  bool next_request_confirms = false;
};

/// 200 (or `status`) with a JSON body.
[[nodiscard]] http_response json_response(std::string body, int status = 200);
[[nodiscard]] http_response text_response(std::string body, int status = 200,
                                          std::string content_type = "text/plain; charset=utf-8");

/// "OK" for 200 and so on.
[[nodiscard]] std::string_view http_status_text(int status);

/// %XX (and '+' as space if `plus_is_space`) undone. Errors: invalid_argument.
[[nodiscard]] result<std::string> percent_decode(std::string_view text, bool plus_is_space = false);
/// Everything but unreserved characters becomes %XX: fit for a path segment or a query value.
[[nodiscard]] std::string percent_encode(std::string_view text);
/// Fills in `path` and `query` from `target`. Errors: invalid_argument.
[[nodiscard]] result<> split_target(http_request& request);

[[nodiscard]] bool equals_ignoring_case(std::string_view a, std::string_view b);

}  // namespace marquee::net
