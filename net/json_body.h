#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "net/api_error.h"
#include "net/http_message.h"

namespace marquee::net {

/// What was wrong with a JSON text, and where.
struct json_problem {
  std::string pointer;  ///< JSON pointer, empty for the whole text
  std::string message;
};

/// Parses strictly: valid UTF-8, nested at most 64 deep, no key twice in an object, nothing behind the value,
/// at most a million values.
[[nodiscard]] std::expected<nlohmann::json, json_problem> parse_json(std::string_view text);

/// The integer that a JSON value is; 3.0 is one too. Nothing for anything else.
[[nodiscard]] std::optional<std::int64_t> json_integer(const nlohmann::json& value);

/// Reads one JSON object of a request field by field. The first problem sticks, and from then on every read
/// gives a default, so that a handler reads everything and asks `finish` once:
///
///     json_body body = json_body::parse(exchange.request.body);
///     const std::string topic = body.text("topic");
///     const auto partitions = body.integer_or("partitions", 1, 1, 10'000);
///     if (auto problem = body.finish()) co_return to_response(bad_request(component, *problem));
///
/// Fields that nobody asked for are refused by `finish`, by name, except those that begin with "x_". Objects
/// within the object are readers of their own and share the one problem. Names must be literals. Not
/// thread-safe. Copies are the same reader.
class json_body {
 public:
  /// A text that is not a JSON object is the first problem. An empty text counts as {}.
  [[nodiscard]] static json_body parse(std::string_view text);
  /// The query of a GET as if it were an object of texts: integers and flags are read from their text, and a
  /// pointer is
  /// "/name". A name given twice is a problem.
  [[nodiscard]] static json_body from_query(const http_request& request);

  [[nodiscard]] bool has(std::string_view name) const;
  /// True if the field is there and null. Does not count as asked for.
  [[nodiscard]] bool is_null(std::string_view name) const;

  [[nodiscard]] std::string text(std::string_view name);
  [[nodiscard]] std::optional<std::string> optional_text(std::string_view name);
  [[nodiscard]] std::int64_t integer(std::string_view name, std::int64_t least, std::int64_t most);
  [[nodiscard]] std::optional<std::int64_t> optional_integer(std::string_view name, std::int64_t least,
                                                             std::int64_t most);
  [[nodiscard]] std::int64_t integer_or(std::string_view name, std::int64_t fallback, std::int64_t least,
                                        std::int64_t most);
  [[nodiscard]] bool flag_or(std::string_view name, bool fallback);
  [[nodiscard]] std::optional<json_body> optional_object(std::string_view name);
  /// A list of objects; empty if the field is missing. More than `most` is a problem.
  [[nodiscard]] std::vector<json_body> objects(std::string_view name, std::size_t most);
  [[nodiscard]] std::vector<std::string> texts(std::string_view name, std::size_t most);
  /// The members of an object whose values are texts, numbers or flags, all as text (numbers may come as
  /// text); sorted by name. Empty if missing.
  [[nodiscard]] std::vector<std::pair<std::string, std::string>> scalar_members(std::string_view name);
  /// The value itself, for what the above cannot say; null if missing. Counts as asked for.
  [[nodiscard]] const nlohmann::json* raw(std::string_view name);

  /// Notes a problem of the field `name` (empty: of this object), such as a value that makes no sense.
  void refuse(std::string_view name, std::string message);
  [[nodiscard]] bool failed() const;
  /// The problem, or nothing. Call on the outermost reader, after everything was read.
  [[nodiscard]] std::optional<json_problem> finish();

 private:
  struct document;
  struct node;
  json_body(std::shared_ptr<document> document, node* here);
  const nlohmann::json* ask(std::string_view name);
  const nlohmann::json* require(std::string_view name);
  json_body child(const nlohmann::json& value, std::string pointer);

  std::shared_ptr<document> document_;
  node* here_;
};

[[nodiscard]] api_error bad_request(std::string component, const json_problem& problem);
/// 415 UNSUPPORTED_MEDIA_TYPE unless the content type is JSON or missing.
[[nodiscard]] std::optional<api_error> check_json_content_type(const http_request& request,
                                                               const std::string& component);

}  // namespace marquee::net
