#include "broker/topic_config_table.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace marquee::broker {

namespace {

using kind = topic_config_key::kind;

constexpr std::array<topic_config_key, 10> keys = {{
    {"cleanup.policy", kind::list, "delete", false, "Old segments are deleted; compaction is not offered."},
    {"durability", kind::text, "durable", true,
     "durable: fsynced on a majority before the answer. relaxed: written to the operating system there."},
    {"max.message.bytes", kind::integer, "1048588", true, "Largest record batch, compressed."},
    {"message.timestamp.type", kind::text, "CreateTime", true,
     "CreateTime: the producer's time counts. LogAppendTime: the leader's."},
    {"min.insync.replicas", kind::integer, "", false,
     "Replicas that have a record before it is acknowledged: always a majority."},
    {"partition.max.messages", kind::integer, "0", true,
     "A partition with this many messages makes the topic grow; 0: it does not."},
    {"partitions.max", kind::integer, "64", true, "How far the topic may grow by itself."},
    {"retention.bytes", kind::integer, "-1", true, "How much of a partition is kept; -1: everything."},
    {"retention.ms", kind::integer, "604800000", true, "How long records are kept; -1: for ever."},
    {"segment.bytes", kind::integer, "134217728", true, "A partition's log is cut into files of this size."},
}};

const topic_config_key* find_key(std::string_view name) {
  const auto found = std::ranges::find(keys, name, &topic_config_key::name);
  return found == keys.end() ? nullptr : &*found;
}

/// Kafka's and our own words for who gives a record its time.
constexpr std::string_view timestamp_key = "message.timestamp.type";

std::string own_value(std::string_view key, const std::string& value) {
  if (key != timestamp_key) return value;
  if (value == "CreateTime") return "create";
  if (value == "LogAppendTime") return "append";
  return value;
}

/// What cannot be changed may be asked for as it is.
result<> check_fixed(std::string_view key, const std::string& value, std::int32_t replication_factor) {
  if (key == "cleanup.policy") {
    if (value == "delete") return {};
    return fail(error_code::invalid_argument, "cleanup.policy can only be 'delete'");
  }
  const std::int32_t majority = majority_of(static_cast<std::size_t>(std::max(replication_factor, 1)));
  std::int32_t least = 0;
  const auto [end, problem] = std::from_chars(value.data(), value.data() + value.size(), least);
  const bool number = problem == std::errc() && end == value.data() + value.size();
  if (number && least >= 1 && least <= majority) return {};
  return fail(error_code::invalid_argument, "min.insync.replicas is always a majority of the replicas, " +
                                                std::to_string(majority) +
                                                " here: it can be asked for as at most that");
}

}  // namespace

std::span<const topic_config_key> topic_config_keys() {
  return keys;
}

result<std::map<std::string, std::string>> translate_topic_config(
    const std::map<std::string, std::optional<std::string>>& wanted, std::int32_t replication_factor) {
  std::map<std::string, std::string> translated;
  for (const auto& [name, value] : wanted) {
    if (!value) continue;  // the default
    const topic_config_key* key = find_key(name);
    if (key == nullptr || key->can_change) {
      translated[name] = own_value(name, *value);
      continue;
    }
    if (const auto fits = check_fixed(name, *value, replication_factor); !fits) return fail(fits);
  }
  return translated;
}

std::string kafka_value(std::string_view key, const std::string& value) {
  if (key == timestamp_key && value == "append") return "LogAppendTime";
  if (key == timestamp_key && value == "create") return "CreateTime";
  return value;
}

}  // namespace marquee::broker
