#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"

namespace marquee::broker {

/// One key of a topic's configuration, as Kafka's admin clients see it.
struct topic_config_key {
  enum class kind : std::uint8_t { text, integer, list };  ///< integers are 64 bits wide
  std::string_view name;
  kind what = kind::text;
  std::string_view default_value;
  /// False for what Kafka's clients know and Marquee fixes: it can be set to what it is, and is not kept.
  bool can_change = true;
  std::string_view meaning;
};

/// All keys, by name. `min.insync.replicas` depends on the replication factor; its default here is empty.
[[nodiscard]] std::span<const topic_config_key> topic_config_keys();

/// A majority of the voters, which is what every acknowledgement needs (DESIGN D4).
[[nodiscard]] constexpr std::int32_t majority_of(std::size_t replicas) {
  return static_cast<std::int32_t>(replicas / 2 + 1);
}

/// What a Kafka client wants to set, in our own words: what is fixed is taken out if it asks for what is.
/// Values are checked by the write manager. Errors: invalid_argument with a message for the client.
[[nodiscard]] result<std::map<std::string, std::string>> translate_topic_config(
    const std::map<std::string, std::optional<std::string>>& wanted, std::int32_t replication_factor);

/// A stored value in Kafka's words (`LogAppendTime` for `append`).
[[nodiscard]] std::string kafka_value(std::string_view key, const std::string& value);

}  // namespace marquee::broker
