#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace marquee::client {

/// A name (text) and a value (any bytes, or null). Names may repeat; the order is kept.
using header = std::pair<std::string, std::optional<std::string>>;

/// A message to be stored. Value, key and header values are any bytes.
struct message {
  std::optional<std::string> value{};  ///< nothing: a tombstone
  std::optional<std::string> key{};
  std::optional<std::int32_t> partition{};  ///< wins over the key
  std::vector<header> headers{};
  std::optional<std::int64_t> timestamp_ms{};
};

/// Where a message was stored.
struct stored_message {
  std::int32_t partition = 0;
  std::int64_t offset = 0;
  std::int64_t timestamp_ms = 0;
  bool duplicate = false;  ///< an earlier attempt had stored it
};

/// A message that was read.
struct received_message {
  std::optional<std::string> value{};
  std::optional<std::string> key{};
  std::int32_t partition = 0;
  std::int64_t offset = 0;
  std::int64_t timestamp_ms = 0;
  std::vector<header> headers{};
};

}  // namespace marquee::client
