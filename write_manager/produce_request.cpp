#include "write_manager/produce_request.h"

#include <nlohmann/json.hpp>

#include "base/base64.h"
#include "base/bytes.h"

namespace marquee::write_manager {

using net::json_body;
using nlohmann::json;

namespace {

/// What fits into a body is bounded by the body's limit; how many of them are taken is asked later.
constexpr std::size_t any_number = SIZE_MAX;

std::optional<std::string> decode(const std::string& text) {
  const std::optional<bytes> data = base64_decode(text);
  if (!data) return std::nullopt;
  return std::string(as_text(*data));
}

std::string base64_field(json_body& body, std::string_view name) {
  std::optional<std::string> data = decode(body.text(name));
  if (!data) body.refuse(name, "is not base64 (standard alphabet, padded)");
  return std::move(data).value_or("");
}

void read_key(json_body& body, produce_message& message) {
  if (body.has("key") && body.has("key_base64"))
    body.refuse("key_base64", "must not come together with 'key'");
  if (body.is_null("key"))
    static_cast<void>(body.raw("key"));  // no key, as consume answers it
  else if (body.has("key"))
    message.key = body.text("key");
  if (body.has("key_base64")) message.key = base64_field(body, "key_base64");
}

void read_value(json_body& body, produce_message& message) {
  const bool tombstone = body.flag_or("tombstone", false);
  const bool has_text = body.has("message");
  const bool has_base64 = body.has("message_base64");
  if (static_cast<int>(has_text) + static_cast<int>(has_base64) + static_cast<int>(tombstone) > 1)
    return body.refuse(has_base64 ? "message_base64" : "tombstone",
                       "only one of 'message', 'message_base64' and 'tombstone' may be given");
  if (has_base64)
    message.value = base64_field(body, "message_base64");
  else if (!tombstone)
    message.value = body.text("message");
}

/// A value of a list: text, null or {"base64": text}.
bool read_listed_value(const json& value, std::optional<std::string>& out) {
  if (value.is_null()) return true;
  if (value.is_string()) {
    out = value.get<std::string>();
    return true;
  }
  if (!value.is_object() || value.size() != 1 || !value.contains("base64") || !value["base64"].is_string())
    return false;
  out = decode(value["base64"].get<std::string>());
  return out.has_value();
}

void read_header_list(json_body& body, const json& list, std::string_view field, produce_message& message) {
  for (const json& pair : list) {
    std::optional<std::string> value;
    if (!pair.is_array() || pair.size() != 2 || !pair[0].is_string() || !read_listed_value(pair[1], value))
      return body.refuse(field, "must be pairs of a name and a text, null or {\"base64\"}");
    message.headers.emplace_back(pair[0].get<std::string>(), std::move(value));
  }
}

void read_headers(json_body& body, produce_message& message) {
  if (const json* headers = body.raw("headers")) {
    if (headers->is_array()) {
      read_header_list(body, *headers, "headers", message);
    } else if (headers->is_object()) {
      for (const auto& [name, value] : headers->items()) {
        if (!value.is_string() && !value.is_null()) return body.refuse("headers", "values must be texts");
        message.headers.emplace_back(
            name, value.is_null() ? std::nullopt : std::optional(value.get<std::string>()));
      }
    } else {
      return body.refuse("headers", "must be an object or a list of pairs");
    }
  }
  if (const json* headers = body.raw("headers_base64")) {
    if (!headers->is_object()) return body.refuse("headers_base64", "must be an object");
    for (const auto& [name, value] : headers->items()) {
      std::optional<std::string> data = value.is_string() ? decode(value.get<std::string>()) : std::nullopt;
      if (!data) return body.refuse("headers_base64", "values must be base64 (standard alphabet, padded)");
      message.headers.emplace_back(name, std::move(data));
    }
  }
}

produce_message read_message(json_body& body) {
  produce_message message;
  read_value(body, message);
  read_key(body, message);
  read_headers(body, message);
  if (const auto partition = body.optional_integer("partition", INT32_MIN, INT32_MAX))
    message.partition = static_cast<std::int32_t>(*partition);
  message.timestamp_ms = body.optional_integer("timestamp", 0, largest_sequence);
  return message;
}

}  // namespace

std::expected<produce_request, net::json_problem> parse_produce_request(std::string_view text) {
  json_body body = json_body::parse(text);
  produce_request request;
  request.topic = body.text("topic");
  request.producer_id = body.text("producer_id");
  request.sequence = body.optional_integer("sequence", 0, largest_sequence);
  if (body.has("messages")) {
    request.shape = produce_request::form::many;
    for (json_body& item : body.objects("messages", any_number))
      request.messages.push_back(read_message(item));
    if (request.messages.empty()) body.refuse("messages", "must be a list of at least one message");
    if (request.sequence &&
        *request.sequence > largest_sequence - static_cast<std::int64_t>(request.messages.size()) + 1)
      body.refuse("sequence", "leaves no room for all messages below 2^53");
  } else {
    request.messages.push_back(read_message(body));
  }
  if (std::optional<net::json_problem> problem = body.finish()) return std::unexpected(std::move(*problem));
  return request;
}

}  // namespace marquee::write_manager
