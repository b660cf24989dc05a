#include "broker/replica_reconciler.h"

#include <algorithm>
#include <map>
#include <vector>

#include "base/logging.h"

namespace marquee::broker {

void replica_reconciler::reconcile(const cluster_metadata& metadata) {
  set_peers(metadata);
  for (const auto& [id, topic] : metadata.topics)
    if (!topic.deleted) create_missing(topic);
  remove_deleted(metadata);
  metrics_.metadata_version.set(metadata.version);
}

void replica_reconciler::set_peers(const cluster_metadata& metadata) {
  std::map<broker_id, net::endpoint> peers;
  for (const auto& [id, broker] : metadata.brokers)
    if (id != self_.broker && broker.raft_port != 0) peers[id] = {broker.host, broker.raft_port};
  host_.set_peers(peers);
}

void replica_reconciler::create_missing(const topic_metadata& topic) {
  const raft::group_options options = topic.group_options();
  for (const partition_metadata& partition : topic.partitions) {
    if (std::ranges::find(partition.voters, self_) == partition.voters.end()) continue;
    const group_id group{topic.topic_id, partition.partition};
    if (const auto there = host_.find(group)) {
      there->set_options(options);
      continue;
    }
    raft::configuration members;
    members.voters = partition.voters;
    const auto created = host_.create_replica(group, members, options);
    if (!created)
      log_error("broker", "cannot create the replica of {}/{} ({}): {}", topic.name,
                partition.partition.value(), to_string(group), created.error().message);
    else
      log_info("broker", "created the replica of {}/{} ({})", topic.name, partition.partition.value(),
               to_string(group));
  }
}

void replica_reconciler::remove_deleted(const cluster_metadata& metadata) {
  std::vector<group_id> deleted;
  std::set<group_id> unknown;
  host_.for_each([&](const std::shared_ptr<raft::replica>& replica) {
    const group_id& group = replica->group();
    if (metadata.is_deleted(group.topic_id)) {
      deleted.push_back(group);
    } else if (const topic_metadata* topic = metadata.find(group.topic_id);
               topic == nullptr || topic->find(group.partition.value()) == nullptr) {
      unknown.insert(group);
    }
  });
  for (const group_id& group : deleted) {
    if (auto removed = host_.remove_replica(group); !removed)
      log_error("broker", "cannot remove the replica of the deleted {}: {}", to_string(group),
                removed.error().message);
    else
      log_info("broker", "removed the replica of the deleted {}", to_string(group));
    host_.leaders().forget(group);
  }
  for (const group_id& group : unknown)
    if (!quarantined_.contains(group))
      log_warning("broker", "replica {} is neither assigned nor deleted: it is left alone and reported",
                  to_string(group));
  quarantined_ = std::move(unknown);
  metrics_.quarantined_replicas.set(static_cast<std::int64_t>(quarantined_.size()));
}

}  // namespace marquee::broker
