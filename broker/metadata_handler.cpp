#include "broker/metadata_handler.h"

#include <algorithm>
#include <set>
#include <utility>

#include "kafka/topic_name.h"
#include "net/event_loop.h"

namespace marquee::broker {

using kafka::kafka_error;

namespace {

/// How long an answer waits for topics that are created for it.
constexpr std::int64_t creation_wait_ms = 1'000;
/// And for a leader; clients are told to give up after 500 ms (docs/guarantees.md).
constexpr std::int64_t leader_wait_ms = 250;
/// Short beside an election, which takes tens of milliseconds.
constexpr std::int64_t leader_look_ms = 5;
/// A partition that has been without a leader for longer is not waited for.
constexpr std::int64_t election_ms = 1'500;

bool has_live_leader(const broker_services& services, const group_id& group,
                     const std::set<std::int32_t>& live) {
  const auto leader = services.host.leaders().find(group);
  return leader && live.contains(leader->leader.broker.value());
}

const topic_metadata* find_topic(const cluster_metadata& metadata,
                                 const kafka::metadata_request::topic& asked) {
  if (!asked.topic_id.is_none()) return metadata.find(asked.topic_id);
  return asked.name ? metadata.find(*asked.name) : nullptr;
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
    // Without a live leader the last epoch stays: clients take an epoch that goes back for old metadata.
    if (leader) part.leader_epoch = static_cast<std::int32_t>(leader->term.value());
    if (!leader || !live.contains(leader->leader.broker.value())) {
      part.error = kafka_error::leader_not_available;
      continue;
    }
    part.leader_id = leader->leader.broker.value();
  }
  return told;
}

/// A client may have it created. Names of internal topics are not for clients to use.
bool may_be_created(const std::string& name) {
  return kafka::is_topic_name(name) && !name.starts_with(internal_prefix);
}

}  // namespace

metadata_handler::metadata_handler(net::event_loop& loop, broker_services& services)
    : services_(services), creator_(loop, services), patience_(election_ms) {}

kafka::metadata_response::topic metadata_handler::unknown(const kafka::metadata_request::topic& asked,
                                                          const kafka::metadata_request& request) const {
  kafka::metadata_response::topic told;
  told.name = asked.name;
  told.topic_id = asked.topic_id;
  if (!asked.topic_id.is_none() || !asked.name) {
    told.error = kafka_error::unknown_topic_id;
    return told;
  }
  const bool creates = services_.defaults.create_on_demand && request.allow_auto_topic_creation;
  if (!kafka::is_topic_name(*asked.name) || (creates && !may_be_created(*asked.name)))
    told.error = kafka_error::invalid_topic_exception;
  else
    told.error = creates ? kafka_error::leader_not_available : kafka_error::unknown_topic_or_partition;
  return told;
}

net::task<> metadata_handler::create_missing(const kafka::metadata_request& request,
                                             const request_context& context) {
  if (!services_.defaults.create_on_demand || !request.allow_auto_topic_creation || !request.topics)
    co_return;
  std::vector<auto_topic_creator::creation_pointer> creations;
  const metadata_snapshot metadata = services_.catalog.snapshot();
  for (const auto& asked : *request.topics) {
    if (!asked.topic_id.is_none() || !asked.name || metadata->find(*asked.name) != nullptr) continue;
    if (!may_be_created(*asked.name)) continue;
    if (auto one = creator_.start(*asked.name)) creations.push_back(std::move(one));
  }
  if (!creations.empty())
    co_await creator_.wait(std::move(creations), net::deadline::in_ms(creation_wait_ms), context.gone);
}

bool metadata_handler::expects_leader(const kafka::metadata_request& request) {
  const metadata_snapshot metadata = services_.catalog.snapshot();
  const std::set<std::int32_t> live = services_.live_brokers();
  const std::int64_t now_ms = services_.time.monotonic_ms();
  bool expected = false;
  for (const auto& asked : *request.topics) {
    const topic_metadata* topic = find_topic(*metadata, asked);
    if (topic == nullptr) continue;
    for (const partition_metadata& partition : topic->partitions) {
      const group_id group{topic->topic_id, partition.partition};
      expected |= patience_.is_worth_waiting(group, has_live_leader(services_, group, live), now_ms);
    }
  }
  return expected;
}

net::task<> metadata_handler::wait_for_leaders(const kafka::metadata_request& request,
                                               const request_context& context) {
  if (!request.topics) co_return;
  const net::deadline end = net::deadline::in_ms(leader_wait_ms);
  while (expects_leader(request) && !end.passed() && !context.gone.stop_requested())
    co_await net::sleep_ms(leader_look_ms);
}

net::task<kafka::metadata_response> metadata_handler::handle(kafka::metadata_request request,
                                                             request_context context) {
  services_.metrics.other_requests.add();
  co_await create_missing(request, context);
  co_await wait_for_leaders(request, context);
  const metadata_snapshot metadata = services_.catalog.snapshot();
  const std::set<std::int32_t> live = services_.live_brokers();
  kafka::metadata_response response;
  response.cluster_id = to_string(metadata->cluster_id);
  response.controller_id = services_.self.broker.value();
  for (kafka_address& broker : services_.kafka_addresses(*metadata))
    response.brokers.push_back({broker.node_id, std::move(broker.host), broker.port, std::nullopt});
  if (request.asks_for_all(context.version)) {
    for (const auto& [id, topic] : metadata->topics)
      if (!topic.deleted) response.topics.push_back(describe(services_, topic, live));
    co_return response;
  }
  for (const auto& asked : request.topics.value_or(std::vector<kafka::metadata_request::topic>{})) {
    const topic_metadata* known = find_topic(*metadata, asked);
    response.topics.push_back(known == nullptr ? unknown(asked, request) : describe(services_, *known, live));
  }
  co_return response;
}

}  // namespace marquee::broker
