#include "broker/broker_services.h"

namespace marquee::broker {

std::optional<kafka::leader_hint> broker_services::other_leader(const group_id& group) const {
  const auto known = host.leaders().find(group);
  if (!known || known->leader.broker == self.broker) return std::nullopt;
  return kafka::leader_hint{known->leader.broker.value(), static_cast<std::int32_t>(known->term.value())};
}

std::vector<kafka_address> broker_services::kafka_addresses(const cluster_metadata& metadata) const {
  std::vector<kafka_address> addresses = {{self.broker.value(), advertised.host, advertised.port}};
  for (const auto& [id, broker] : metadata.brokers)
    if (id != self.broker && !broker.evicted)
      addresses.push_back({id.value(), broker.host, broker.kafka_port});
  return addresses;
}

std::set<std::int32_t> broker_services::live_brokers() const {
  std::set<std::int32_t> live = {self.broker.value()};
  const metadata_snapshot metadata = catalog.snapshot();
  for (const broker_id peer : host.connected_peers()) {
    const auto known = metadata->brokers.find(peer);
    if (known == metadata->brokers.end() || !known->second.evicted) live.insert(peer.value());
  }
  return live;
}

}  // namespace marquee::broker
