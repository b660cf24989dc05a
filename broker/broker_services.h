#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/types.h"
#include "broker/broker_metrics.h"
#include "broker/topic_catalog.h"
#include "kafka/api/leader_hint.h"
#include "net/access_policy.h"
#include "net/endpoint.h"
#include "raft/runtime/raft_host.h"

namespace marquee::broker {

class manager_client;
class producer_id_reserve;

/// What clients may ask of one broker before they are made to wait or are cut off (DESIGN D22).
struct kafka_limits {
  std::int64_t max_request_bytes = std::int64_t{64} << 20;     ///< a larger request closes the connection
  std::int64_t max_requests_in_flight = 128;                   ///< per connection; then it is not read from
  std::int64_t max_bytes_in_flight = std::int64_t{256} << 20;  ///< requests of all connections; likewise
  std::int64_t max_fetch_bytes = std::int64_t{64} << 20;       ///< per answer; larger wishes are cut
  std::int64_t request_timeout_ms = 60'000;  ///< a request that has begun must be whole by then
  std::int64_t idle_timeout_ms = 600'000;
  std::int64_t write_timeout_ms = 60'000;
};

/// What a topic gets that a Kafka client did not describe.
struct topic_defaults {
  bool create_on_demand = true;  ///< a client that asks for an unknown topic gets it
  std::int64_t partitions = 1;
  std::int64_t replication_factor = 3;  ///< or as many as there are brokers
};

/// One key of this broker's configuration, as text.
struct broker_setting {
  std::string name;
  std::string type;  ///< as in `config_key`
  std::string value;
  std::string default_value;
  std::string meaning;
};

/// Where Kafka clients reach a broker.
struct kafka_address {
  std::int32_t node_id = 0;
  std::string host;
  std::int32_t port = 0;
};

/// What the request handlers need of the broker. Owned by the broker process; outlives the handlers; every
/// part may be used from any thread.
struct broker_services {
  raft::raft_host& host;
  topic_catalog& catalog;
  producer_id_reserve& producer_ids;
  manager_client& managers;
  broker_metrics& metrics;
  const clock& time;
  replica_id self;
  net::endpoint advertised;  ///< where Kafka clients reach this broker
  kafka_limits limits;
  topic_defaults defaults;
  std::vector<broker_setting> settings;
  net::access_policy policy;

  /// Another broker that leads the group, as far as known.
  [[nodiscard]] std::optional<kafka::leader_hint> other_leader(const group_id& group) const;
  /// Of all brokers that are not evicted, this one first.
  [[nodiscard]] std::vector<kafka_address> kafka_addresses(const cluster_metadata& metadata) const;
  /// Brokers that this one is connected to and that are not evicted, and itself.
  [[nodiscard]] std::set<std::int32_t> live_brokers() const;
};

}  // namespace marquee::broker
