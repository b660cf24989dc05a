#include "db/row_codec.h"

#include <nlohmann/json.hpp>

namespace marquee::db {

using nlohmann::json;

std::string config_to_json(const text_map& config) {
  return json(config).dump();
}

text_map config_from_json(std::string_view text) {
  text_map config;
  const json parsed = json::parse(text, nullptr, false);
  if (!parsed.is_object()) return config;
  for (const auto& [name, value] : parsed.items())
    if (value.is_string()) config.emplace(name, value.get<std::string>());
  return config;
}

std::string voters_to_json(const std::vector<replica_id>& voters) {
  json list = json::array();
  for (const replica_id& voter : voters)
    list.push_back({{"broker_id", voter.broker.value()}, {"incarnation", voter.incarnation.value()}});
  return list.dump();
}

std::vector<replica_id> voters_from_json(std::string_view text) {
  std::vector<replica_id> voters;
  const json parsed = json::parse(text, nullptr, false);
  if (!parsed.is_array()) return voters;
  for (const json& item : parsed)
    voters.push_back(
        {broker_id(item.value("broker_id", 0)), incarnation_id(item.value<std::int64_t>("incarnation", 0))});
  return voters;
}

std::string activity_to_json(const std::vector<activity_item>& items) {
  json list = json::array();
  for (const activity_item& item : items)
    list.push_back({{"kind", to_string(item.key.kind)},
                    {"number", item.key.number},
                    {"topic_id", item.topic_id.is_none() ? json(nullptr) : json(to_string(item.topic_id))},
                    {"last_seen_ms", item.last_seen_ms}});
  return list.dump();
}

std::string positions_to_json(const std::map<std::int32_t, std::int64_t>& positions) {
  json object = json::object();
  for (const auto& [partition, offset] : positions) object[std::to_string(partition)] = offset;
  return object.dump();
}

std::map<std::int32_t, std::int64_t> positions_from_json(std::string_view text) {
  std::map<std::int32_t, std::int64_t> positions;
  const json parsed = json::parse(text, nullptr, false);
  if (!parsed.is_object()) return positions;
  for (const auto& [partition, offset] : parsed.items())
    if (offset.is_number_integer())
      positions.emplace(std::atoi(partition.c_str()), offset.get<std::int64_t>());
  return positions;
}

}  // namespace marquee::db
