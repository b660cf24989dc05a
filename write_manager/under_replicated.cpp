#include "write_manager/under_replicated.h"

#include <nlohmann/json.hpp>

namespace marquee::write_manager {

namespace {

std::vector<broker_id> missing_replicas(const db::partition_row& partition, const partition_status* status,
                                        const std::set<broker_id>& gone) {
  std::vector<broker_id> missing;
  if (status != nullptr && status->high_watermark) {
    for (const replica_status& replica : status->replicas)
      if (!replica.in_sync.value_or(false) || gone.contains(broker_id(replica.broker)))
        missing.emplace_back(replica.broker);
    return missing;
  }
  // Nobody leads: which copies are good is not known, only which brokers are gone.
  for (const replica_id& voter : partition.voters)
    if (gone.contains(voter.broker)) missing.push_back(voter.broker);
  return missing;
}

}  // namespace

std::vector<under_replicated_partition> find_under_replicated(const db::metadata_snapshot& metadata,
                                                              const partition_statuses& statuses,
                                                              const std::set<broker_id>& gone) {
  std::vector<under_replicated_partition> all;
  for (const auto& [name, topic] : metadata.topics())
    for (const db::partition_row& partition : topic->partitions) {
      const auto found = statuses.find({topic->topic_id, partition.partition});
      const partition_status* status = found == statuses.end() ? nullptr : &found->second;
      const bool led = status != nullptr && status->high_watermark.has_value();
      std::vector<broker_id> missing = missing_replicas(partition, status, gone);
      if (led && missing.empty()) continue;
      const std::optional<broker_id> leader =
          led && status->leader ? std::optional(broker_id(*status->leader)) : std::nullopt;
      all.push_back({.topic = name,
                     .topic_id = topic->topic_id,
                     .partition = partition.partition,
                     .leader = leader,
                     .missing = std::move(missing)});
    }
  return all;
}

std::string under_replicated_json(const std::vector<under_replicated_partition>& all) {
  nlohmann::json list = nlohmann::json::array();
  for (const under_replicated_partition& one : all) {
    nlohmann::json missing = nlohmann::json::array();
    for (const broker_id broker : one.missing) missing.push_back(broker.value());
    list.push_back({{"topic", one.topic},
                    {"topic_id", to_string(one.topic_id)},
                    {"partition", one.partition.value()},
                    {"leader", one.leader ? nlohmann::json(one.leader->value()) : nlohmann::json(nullptr)},
                    {"missing", std::move(missing)}});
  }
  return list.dump();
}

std::set<broker_id> gone_brokers(const broker_registry& registry, const db::metadata_snapshot& metadata) {
  std::set<broker_id> gone;
  for (const auto& [id, broker] : metadata.brokers()) {
    const broker_state state = registry.state_of(id);
    if (broker.evicted() || state == broker_state::failed || state == broker_state::evicted) gone.insert(id);
  }
  return gone;
}

}  // namespace marquee::write_manager
