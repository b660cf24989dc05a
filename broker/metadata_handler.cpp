#include "broker/metadata_handler.h"

#include <algorithm>
#include <set>
#include <utility>

namespace marquee::broker {

using kafka::kafka_error;

namespace {

/// Brokers that this one is connected to, and itself.
std::set<std::int32_t> live_brokers(const broker_services& services) {
  std::set<std::int32_t> live = {services.self.broker.value()};
  for (const broker_id peer : services.host.connected_peers()) live.insert(peer.value());
  return live;
}

kafka::metadata_response::topic describe(const broker_services& services, const topic_metadata& topic,
                                         const std::set<std::int32_t>& live) {
  kafka::metadata_response::topic told;
  told.name = topic.name;
  told.topic_id = topic.topic_id;
  told.is_internal = topic.internal;
  for (const partition_metadata& partition : topic.partitions) {
    auto& part = told.partitions.emplace_back();
    part.index = partition.partition.value();
    for (const replica_id& voter : partition.voters) {
      part.replicas.push_back(voter.broker.value());
      (live.contains(voter.broker.value()) ? part.in_sync : part.offline).push_back(voter.broker.value());
    }
    const auto leader = services.host.leaders().find({topic.topic_id, partition.partition});
    if (!leader || !live.contains(leader->leader.broker.value())) {
      part.error = kafka_error::leader_not_available;
      continue;
    }
    part.leader_id = leader->leader.broker.value();
    part.leader_epoch = static_cast<std::int32_t>(leader->term.value());
  }
  return told;
}

kafka::metadata_response::topic unknown(const kafka::metadata_request::topic& asked) {
  kafka::metadata_response::topic told;
  told.name = asked.name;
  told.topic_id = asked.topic_id;
  told.error =
      asked.topic_id.is_none() ? kafka_error::unknown_topic_or_partition : kafka_error::unknown_topic_id;
  return told;
}

}  // namespace

net::task<kafka::metadata_response> metadata_handler::handle(kafka::metadata_request request,
                                                             request_context context) const {
  services_.metrics.other_requests.add();
  const metadata_snapshot metadata = services_.catalog.snapshot();
  const std::set<std::int32_t> live = live_brokers(services_);
  kafka::metadata_response response;
  response.cluster_id = to_string(metadata->cluster_id);
  response.controller_id = services_.self.broker.value();
  response.brokers.push_back(
      {services_.self.broker.value(), services_.advertised.host, services_.advertised.port, std::nullopt});
  for (const auto& [id, broker] : metadata->brokers)
    if (id != services_.self.broker)
      response.brokers.push_back({id.value(), broker.host, broker.kafka_port, std::nullopt});
  if (request.asks_for_all(context.version)) {
    for (const auto& [id, topic] : metadata->topics)
      if (!topic.deleted) response.topics.push_back(describe(services_, topic, live));
    co_return response;
  }
  for (const auto& asked : request.topics.value_or(std::vector<kafka::metadata_request::topic>{})) {
    const topic_metadata* known = !asked.topic_id.is_none() ? metadata->find(asked.topic_id)
                                  : asked.name              ? metadata->find(*asked.name)
                                                            : nullptr;
    response.topics.push_back(known == nullptr ? unknown(asked) : describe(services_, *known, live));
  }
  co_return response;
}

}  // namespace marquee::broker
