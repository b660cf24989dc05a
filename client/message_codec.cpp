#include "client/message_codec.h"

#include <nlohmann/json.hpp>

#include "base/base64.h"
#include "base/utf8.h"

namespace marquee::client {

namespace {

using nlohmann::json;

void put_bytes(json& target, const std::string& name, const std::string& value) {
  if (is_valid_utf8(value))
    target[name] = value;
  else
    target[name + "_base64"] = base64_encode(as_bytes(value));
}

/// `name` or `name`_base64; nothing if both are null or missing.
outcome<std::optional<std::string>> read_bytes(const json& source, const std::string& name) {
  if (const auto text = source.find(name); text != source.end() && text->is_string())
    return text->get<std::string>();
  const auto encoded = source.find(name + "_base64");
  if (encoded == source.end() || !encoded->is_string()) return std::optional<std::string>();
  const auto decoded = base64_decode(encoded->get_ref<const std::string&>());
  if (!decoded) return std::unexpected(malformed_answer(name + "_base64 is not base64"));
  return std::string(as_text(*decoded));
}

/// A header's value: text, null or {"base64": text}.
outcome<std::optional<std::string>> read_header_value(const json& source) {
  if (source.is_null()) return std::nullopt;
  if (source.is_string()) return source.get<std::string>();
  const json encoded = source.is_object() ? source.value("base64", json()) : json();
  const auto decoded = encoded.is_string() ? base64_decode(encoded.get_ref<const std::string&>())
                                           : decltype(base64_decode("")){};
  if (!encoded.is_string() || !decoded)
    return std::unexpected(malformed_answer("a header that is neither text nor null nor base64"));
  return std::string(as_text(*decoded));
}

/// `headers_list` says everything; without it `headers` and `headers_base64` together do.
outcome<std::vector<header>> read_headers(const json& source) {
  std::vector<header> headers;
  const auto add = [&headers](const json& name, const json& value) -> outcome<> {
    auto read = read_header_value(value);
    if (!read) return std::unexpected(read.error());
    headers.emplace_back(name.get<std::string>(), std::move(*read));
    return {};
  };
  if (const auto list = source.find("headers_list"); list != source.end() && list->is_array()) {
    for (const json& pair : *list) {
      if (!pair.is_array() || pair.size() != 2 || !pair[0].is_string())
        return std::unexpected(malformed_answer("headers_list with something else than pairs"));
      if (auto added = add(pair[0], pair[1]); !added) return std::unexpected(added.error());
    }
    return headers;
  }
  if (const auto plain = source.find("headers"); plain != source.end() && plain->is_object())
    for (const auto& [name, value] : plain->items())
      if (auto added = add(name, value); !added) return std::unexpected(added.error());
  if (const auto coded = source.find("headers_base64"); coded != source.end() && coded->is_object())
    for (const auto& [name, value] : coded->items())
      if (auto added = add(name, {{"base64", value}}); !added) return std::unexpected(added.error());
  return headers;
}

bool has_integers(const json& source, std::initializer_list<const char*> names) {
  if (!source.is_object()) return false;
  for (const char* name : names) {
    const auto found = source.find(name);
    if (found == source.end() || !found->is_number_integer()) return false;
  }
  return true;
}

}  // namespace

api_failure malformed_answer(const std::string& what) {
  return {.code = "MALFORMED_ANSWER",
          .message = "the answer does not have the promised form: " + what,
          .component = "client",
          .outcome = request_outcome::unknown};
}

json headers_to_json(const std::vector<header>& headers) {
  json pairs = json::array();
  for (const auto& [name, value] : headers) {
    if (!value)
      pairs.push_back({name, nullptr});
    else if (is_valid_utf8(*value))
      pairs.push_back({name, *value});
    else
      pairs.push_back({name, {{"base64", base64_encode(as_bytes(*value))}}});
  }
  return pairs;
}

void put_message(json& target, const message& source) {
  if (source.value)
    put_bytes(target, "message", *source.value);
  else
    target["tombstone"] = true;
  if (source.key) put_bytes(target, "key", *source.key);
  if (source.partition) target["partition"] = *source.partition;
  if (source.timestamp_ms) target["timestamp"] = *source.timestamp_ms;
  if (source.headers.empty()) return;
  target["headers"] = headers_to_json(source.headers);
}

outcome<stored_message> read_stored(const json& source) {
  if (!has_integers(source, {"partition", "offset", "timestamp"}))
    return std::unexpected(malformed_answer("produce without partition, offset and timestamp"));
  return stored_message{.partition = source["partition"].get<std::int32_t>(),
                        .offset = source["offset"].get<std::int64_t>(),
                        .timestamp_ms = source["timestamp"].get<std::int64_t>(),
                        .duplicate = source.value("duplicate", json(false)) == json(true)};
}

outcome<received_message> read_received(const json& source) {
  if (!has_integers(source, {"partition", "offset", "timestamp"}))
    return std::unexpected(malformed_answer("a message without partition, offset and timestamp"));
  auto value = read_bytes(source, "message");
  if (!value) return std::unexpected(value.error());
  auto key = read_bytes(source, "key");
  if (!key) return std::unexpected(key.error());
  auto headers = read_headers(source);
  if (!headers) return std::unexpected(headers.error());
  return received_message{.value = std::move(*value),
                          .key = std::move(*key),
                          .partition = source["partition"].get<std::int32_t>(),
                          .offset = source["offset"].get<std::int64_t>(),
                          .timestamp_ms = source["timestamp"].get<std::int64_t>(),
                          .headers = std::move(*headers)};
}

}  // namespace marquee::client
