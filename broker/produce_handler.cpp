#include "broker/produce_handler.h"

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

#include "broker/partition_access.h"
#include "broker/produce_checks.h"

namespace marquee::broker {

using kafka::kafka_error;
using response_partition = kafka::produce_response::partition;

namespace {

constexpr std::int64_t shortest_timeout_ms = 10;
constexpr std::int64_t longest_timeout_ms = 300'000;
/// An abandoned order is answered by its partition at once; longer means that the partition's thread is
/// stuck.
constexpr std::int64_t abandon_timeout_ms = 5'000;

struct landed_produce {
  produce_answer answer;
  std::int64_t log_start_offset = -1;
};

/// One partition of the request that was handed to its replica.
struct started_produce {
  std::size_t topic = 0;
  std::size_t partition = 0;
  group_id group{};
  replica_pointer replica;
  std::shared_ptr<produce_order> order;
  net::future<landed_produce> landed;
  bool tagged = false;
};

net::future<landed_produce> start(const replica_pointer& replica,
                                  const std::shared_ptr<produce_order>& order) {
  return ask_partition<landed_produce>(
      replica, [order](partition& served, const net::promise<landed_produce>& promise) {
        order->done = [&served, promise](produce_answer answer) {
          promise.set(landed_produce{std::move(answer), served.log_start_offset().value()});
        };
        served.produce(order);
      });
}

void fill(response_partition& told, started_produce& part, landed_produce landed) {
  produce_answer& answer = landed.answer;
  told.error = answer.error;
  if (answer.error != kafka_error::none && !answer.message.empty()) told.error_message = answer.message;
  told.log_start_offset = landed.log_start_offset;
  if (!answer.batches.empty() && answer.error == kafka_error::none) {
    told.base_offset = answer.batches.front().base_offset;
    if (part.order->timestamps == timestamp_kind::append)
      told.log_append_time_ms = answer.batches.front().append_time_ms;
  }
  if (!part.tagged) return;
  told.marquee = kafka::marquee_produce_result{.batches = std::move(answer.batches),
                                               .outcome = answer.outcome,
                                               .append_us = static_cast<std::int32_t>(answer.append_us),
                                               .fsync_us = static_cast<std::int32_t>(answer.fsync_us),
                                               .commit_us = static_cast<std::int32_t>(answer.commit_us)};
}

net::task<landed_produce> wait_for(started_produce& part, net::deadline end) {
  auto landed = co_await part.landed.wait(end);
  if (!landed && landed.error().code == error_code::timed_out) {
    run_on_partition(part.replica, [order = part.order](partition& served) { served.abandon(order); });
    landed = co_await part.landed.wait(net::deadline::in_ms(abandon_timeout_ms));
  }
  if (landed) co_return std::move(*landed);
  landed_produce lost;
  lost.answer.error = kafka_error::request_timed_out;
  lost.answer.message = "the partition's thread does not answer";
  lost.answer.outcome = produce_outcome::unknown;
  lost.answer.batches.resize(part.order->notes.size());
  for (kafka::marquee_batch_result& batch : lost.answer.batches) batch.error = lost.answer.error;
  co_return lost;
}

/// Checks everything and hands what is good to the partitions; the rest is answered in `response` already.
std::vector<started_produce> start_all(broker_services& services, const kafka::produce_request& request,
                                       std::int16_t version, kafka::produce_response& response) {
  std::vector<started_produce> started;
  const metadata_snapshot metadata = services.catalog.snapshot();
  const bool known_acks = request.acks == -1 || request.acks == 0 || request.acks == 1;
  for (const auto& topic : request.topics) {
    auto& told_topic = response.topics.emplace_back();
    told_topic.name = topic.name;
    const topic_metadata* known = metadata->find(topic.name);
    for (const auto& asked : topic.partitions) {
      response_partition& told = told_topic.partitions.emplace_back();
      told.index = asked.index;
      if (!known_acks) {
        told.error = kafka_error::invalid_required_acks;
        continue;
      }
      if (known == nullptr || known->find(asked.index) == nullptr) {
        told.error = kafka_error::unknown_topic_or_partition;
        continue;
      }
      if (known->internal) {
        told.error = kafka_error::invalid_topic_exception;
        told.error_message = "topics that begin with __ are not written from outside";
        continue;
      }
      checked_produce checked = check_produce(asked, *known, version);
      if (checked.order == nullptr) {
        told.error = checked.error;
        told.error_message = checked.message;
        for (const std::int32_t index : checked.record_indexes)
          told.record_errors.push_back({index, std::nullopt});
        continue;
      }
      for (const incoming_batch& batch : checked.order->batches) {
        services.metrics.produced_bytes.add(batch.data.size());
        services.metrics.produced_batch_records.observe(static_cast<std::uint64_t>(batch.item.record_count));
      }
      const group_id group{known->topic_id, partition_id(asked.index)};
      const replica_pointer replica = services.host.find(group);
      if (replica == nullptr) {
        told.error = kafka_error::not_leader_or_follower;
        told.current_leader = services.other_leader(group);
        continue;
      }
      started.push_back({.topic = response.topics.size() - 1,
                         .partition = told_topic.partitions.size() - 1,
                         .group = group,
                         .replica = replica,
                         .order = checked.order,
                         .landed = start(replica, checked.order),
                         .tagged = asked.marquee.has_value()});
    }
  }
  return started;
}

/// Endpoints of the leaders that are named as hints.
void add_endpoints(const cluster_metadata& metadata, kafka::produce_response& response) {
  std::set<std::int32_t> named;
  for (const auto& topic : response.topics)
    for (const response_partition& partition : topic.partitions)
      if (partition.current_leader) named.insert(partition.current_leader->leader_id);
  for (const std::int32_t id : named) {
    const auto broker = metadata.brokers.find(broker_id(id));
    if (broker == metadata.brokers.end()) continue;
    if (!response.node_endpoints) response.node_endpoints.emplace();
    response.node_endpoints->push_back({id, broker->second.host, broker->second.kafka_port, std::nullopt});
  }
}

void count(broker_metrics& metrics, const landed_produce& landed, const produce_order& order) {
  for (std::size_t i = 0; i < landed.answer.batches.size(); ++i) {
    const kafka::marquee_batch_result& batch = landed.answer.batches[i];
    if (batch.error != kafka_error::none) continue;
    metrics.produced_records.add(static_cast<std::uint64_t>(order.batches[i].item.record_count));
    if (batch.kind != kafka::marquee_batch_result::copy::stored) metrics.duplicate_batches.add();
  }
}

}  // namespace

net::task<kafka::produce_response> produce_handler::handle(kafka::produce_request request,
                                                           request_context context) const {
  services_.metrics.produce_requests.add();
  kafka::produce_response response;
  std::vector<started_produce> started = start_all(services_, request, context.version, response);
  // The frame is kept alive by what the partitions hold of it alone.
  const std::int64_t timeout_ms =
      std::clamp<std::int64_t>(request.timeout_ms, shortest_timeout_ms, longest_timeout_ms);
  request = {};
  const net::deadline end = net::deadline::in_ms(timeout_ms);
  for (started_produce& part : started) {
    landed_produce landed = co_await wait_for(part, end);
    response_partition& told = response.topics[part.topic].partitions[part.partition];
    count(services_.metrics, landed, *part.order);
    fill(told, part, std::move(landed));
    if (told.error == kafka_error::not_leader_or_follower)
      told.current_leader = services_.other_leader(part.group);
  }
  for (const auto& topic : response.topics)
    for (const response_partition& partition : topic.partitions) {
      services_.metrics.produced(partition.error);
      if (partition.error != kafka_error::none) services_.metrics.produce_errors.add();
    }
  add_endpoints(*services_.catalog.snapshot(), response);
  services_.metrics.produce_latency_us.observe(context.elapsed_us());
  co_return response;
}

}  // namespace marquee::broker
