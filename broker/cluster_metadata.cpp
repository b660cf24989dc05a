#include "broker/cluster_metadata.h"

#include <algorithm>
#include <charconv>

namespace marquee::broker {

const partition_metadata* topic_metadata::find(std::int32_t partition) const {
  const auto found = std::ranges::find(partitions, partition_id(partition), &partition_metadata::partition);
  return found == partitions.end() ? nullptr : &*found;
}

std::int64_t topic_metadata::number(const std::string& key, std::int64_t fallback) const {
  const auto found = config.find(key);
  if (found == config.end()) return fallback;
  std::int64_t value = 0;
  const std::string& text = found->second;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  return problem == std::errc() && end == text.data() + text.size() ? value : fallback;
}

std::int32_t topic_metadata::max_message_bytes() const {
  constexpr std::int64_t kafkas_default = 1'048'588;
  constexpr std::int64_t largest = std::int64_t{32} << 20;
  return static_cast<std::int32_t>(
      std::clamp<std::int64_t>(number("max.message.bytes", kafkas_default), 1, largest));
}

timestamp_kind topic_metadata::timestamps() const {
  const auto found = config.find("message.timestamp.type");
  const bool append =
      found != config.end() && (found->second == "append" || found->second == "LogAppendTime");
  return append ? timestamp_kind::append : timestamp_kind::create;
}

raft::group_options topic_metadata::group_options() const {
  raft::group_options options;
  const auto found = config.find("durability");
  if (found != config.end() && found->second == "relaxed") options.wanted = raft::durability::relaxed;
  // Of an internal topic the active segment is all that is kept.
  constexpr std::int64_t default_bytes = std::int64_t{128} << 20;
  constexpr std::int64_t internal_bytes = std::int64_t{16} << 20;
  constexpr std::int64_t least_bytes = 4096;
  const std::int64_t wanted = internal ? internal_bytes : number("segment.bytes", default_bytes);
  options.segment_bytes = static_cast<std::uint64_t>(std::max(wanted, least_bytes));
  return options;
}

cluster_metadata::push_verdict cluster_metadata::apply(const metadata_push& push) {
  if (!cluster_id.is_none() && push.cluster_id != cluster_id) return push_verdict::wrong_cluster;
  if (push.controller_epoch < controller_epoch) return push_verdict::stale_controller;
  if (push.controller_epoch == controller_epoch && !controller_holder.empty() &&
      push.controller_holder != controller_holder)
    return push_verdict::stale_controller;
  if (push.from_version != 0 && push.from_version != version) return push_verdict::gap;
  cluster_id = push.cluster_id;
  controller_epoch = push.controller_epoch;
  controller_holder = push.controller_holder;
  version = push.to_version;
  if (push.from_version == 0) {
    std::erase_if(topics, [](const auto& item) { return !item.second.deleted; });
    brokers.clear();
  }
  for (const topic_metadata& topic : push.topics)
    if (!is_deleted(topic.topic_id)) topics[topic.topic_id] = topic;
  for (const uuid& removed : push.removed_topics) {
    topics[removed].topic_id = removed;
    topics[removed].deleted = true;
  }
  for (const broker_metadata& broker : push.brokers) brokers[broker.replica.broker] = broker;
  by_name.clear();
  for (const auto& [id, topic] : topics)
    if (!topic.deleted) by_name[topic.name] = id;
  return push_verdict::applied;
}

const topic_metadata* cluster_metadata::find(std::string_view name) const {
  const auto found = by_name.find(name);
  return found == by_name.end() ? nullptr : find(found->second);
}

const topic_metadata* cluster_metadata::find(const uuid& topic_id) const {
  const auto found = topics.find(topic_id);
  return found == topics.end() || found->second.deleted ? nullptr : &found->second;
}

bool cluster_metadata::is_deleted(const uuid& topic_id) const {
  const auto found = topics.find(topic_id);
  return found != topics.end() && found->second.deleted;
}

}  // namespace marquee::broker
