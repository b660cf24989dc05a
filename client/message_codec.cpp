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

void put_message(json& target, const message& source) {
  if (source.value)
    put_bytes(target, "message", *source.value);
  else
    target["tombstone"] = true;
  if (source.key) put_bytes(target, "key", *source.key);
  if (source.partition) target["partition"] = *source.partition;
  if (source.timestamp_ms) target["timestamp"] = *source.timestamp_ms;
  if (source.headers.empty()) return;
  json pairs = json::array();
  for (const auto& [name, value] : source.headers) {
    if (is_valid_utf8(value))
      pairs.push_back({name, value});
    else
      pairs.push_back({name, {{"base64", base64_encode(as_bytes(value))}}});
  }
  target["headers"] = std::move(pairs);
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
  return received_message{.value = std::move(*value),
                          .key = std::move(*key),
                          .partition = source["partition"].get<std::int32_t>(),
                          .offset = source["offset"].get<std::int64_t>(),
                          .timestamp_ms = source["timestamp"].get<std::int64_t>()};
}

}  // namespace marquee::client
