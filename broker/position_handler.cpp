#include "broker/position_handler.h"

#include <utility>
#include <vector>

#include "kafka/partitioner.h"

namespace marquee::broker {

using kafka::kafka_error;
using kafka::marquee_ownership;

namespace {

constexpr std::int64_t commit_timeout_ms = 10'000;
constexpr std::size_t consumer_name_most = 256;
constexpr std::size_t owner_name_most = 512;
constexpr std::size_t positions_most = 100'000;

/// What managers understand: whoever does not lead is no coordinator, and one that leads and is slow is busy.
kafka_error coordinator_error(kafka_error error) {
  return error == kafka_error::not_leader_or_follower ? kafka_error::not_coordinator : error;
}

kafka::offset_commit_response describe(const kafka::offset_commit_request& request,
                                       const position_result& outcome) {
  kafka::offset_commit_response response;
  for (const auto& topic : request.topics) {
    auto& told = response.topics.emplace_back();
    told.name = topic.name;
    for (const auto& partition : topic.partitions)
      told.partitions.push_back({partition.index, outcome.error});
  }
  response.marquee = kafka::marquee_claim_result{outcome.epoch, outcome.owner, outcome.error};
  return response;
}

bool is_acceptable(const kafka::offset_commit_request& request) {
  std::size_t positions = 0;
  for (const auto& topic : request.topics) positions += topic.partitions.size();
  return !request.group_id.empty() && request.group_id.size() <= consumer_name_most &&
         request.marquee->owner.size() <= owner_name_most && positions <= positions_most &&
         request.marquee->command >= position_command_kind::commit &&
         request.marquee->command <= position_command_kind::register_consumer;
}

position_command make_command(const kafka::offset_commit_request& request) {
  position_command command;
  command.kind = request.marquee->command;
  command.consumer = request.group_id;
  command.owner = request.marquee->owner;
  command.expected_epoch = request.marquee->expected_epoch;
  command.topic_id = request.marquee->topic_id;
  command.partitions_seen = request.marquee->partitions_seen;
  for (const auto& topic : request.topics)
    for (const auto& partition : topic.partitions) command.positions[partition.index] = partition.offset;
  return command;
}

kafka::offset_fetch_response::partition describe(const consumer_state& consumer, std::int32_t partition) {
  kafka::offset_fetch_response::partition told;
  told.index = partition;
  told.metadata = "";
  if (const auto found = consumer.positions.find(partition); found != consumer.positions.end())
    told.offset = found->second;
  return told;
}

void fill(kafka::offset_fetch_response::group& told, const kafka::offset_fetch_request::group& asked,
          const position_answer& answer, const cluster_metadata& metadata) {
  told.marquee.emplace();
  told.marquee->state = answer.consumer  ? marquee_ownership::state_kind::live
                        : answer.deleted ? marquee_ownership::state_kind::deleted
                                         : marquee_ownership::state_kind::unknown;
  const consumer_state nobody;
  const consumer_state& consumer = answer.consumer ? *answer.consumer : nobody;
  told.marquee->epoch = consumer.epoch;
  told.marquee->owner = consumer.owner;
  told.marquee->topic_id = consumer.topic_id;
  if (asked.topics) {
    for (const auto& topic : *asked.topics) {
      auto& told_topic = told.topics.emplace_back();
      told_topic.name = topic.name;
      for (const std::int32_t partition : topic.partitions)
        told_topic.partitions.push_back(describe(consumer, partition));
    }
    return;
  }
  if (consumer.positions.empty()) return;
  auto& told_topic = told.topics.emplace_back();
  const topic_metadata* known = metadata.find(consumer.topic_id);
  told_topic.name = known == nullptr ? to_string(consumer.topic_id) : known->name;
  for (const auto& [partition, offset] : consumer.positions)
    told_topic.partitions.push_back(describe(consumer, partition));
}

struct found_positions {
  kafka_error error = kafka_error::none;
  std::vector<position_answer> answers;
};

}  // namespace

replica_pointer position_handler::replica_of(const std::string& consumer) const {
  const metadata_snapshot metadata = services_.catalog.snapshot();
  const topic_metadata* topic = metadata->find(positions_topic);
  if (topic == nullptr || topic->partitions.empty()) return nullptr;
  const auto count = static_cast<std::int32_t>(topic->partitions.size());
  return services_.host.find({topic->topic_id, kafka::partition_of_key(as_bytes(consumer), count)});
}

net::task<kafka::offset_commit_response> position_handler::handle(kafka::offset_commit_request request,
                                                                  request_context context) const {
  (void)context;
  services_.metrics.other_requests.add();
  position_result outcome{kafka_error::not_coordinator, 0, {}};
  if (!request.marquee) co_return describe(request, outcome);
  if (!is_acceptable(request)) co_return describe(request, {kafka_error::invalid_request, 0, {}});
  const replica_pointer replica = replica_of(request.group_id);
  if (replica == nullptr) co_return describe(request, outcome);
  auto answer =
      co_await ask_partition<position_result>(replica, [command = make_command(request)](
                                                           partition& served,
                                                           const net::promise<position_result>& promise) {
        served.command(command, [promise](position_result got) { promise.set(std::move(got)); });
      }).wait(net::deadline::in_ms(commit_timeout_ms));
  outcome = answer ? std::move(*answer) : position_result{kafka_error::request_timed_out, 0, {}};
  outcome.error = coordinator_error(outcome.error);
  co_return describe(request, outcome);
}

net::task<kafka::offset_fetch_response> position_handler::handle(kafka::offset_fetch_request request,
                                                                 request_context context) const {
  services_.metrics.other_requests.add();
  kafka::offset_fetch_response response;
  const metadata_snapshot metadata = services_.catalog.snapshot();
  std::vector<std::pair<std::size_t, net::future<found_positions>>> coming;
  for (std::size_t i = 0; i < request.groups.size(); ++i) {
    auto& told = response.groups.emplace_back();
    told.group_id = request.groups[i].group_id;
    const replica_pointer replica = replica_of(told.group_id);
    told.error = replica == nullptr ? kafka_error::not_coordinator : kafka_error::none;
    if (replica == nullptr) continue;
    coming.emplace_back(
        i,
        ask_partition<found_positions>(
            replica, [name = told.group_id](partition& served, const net::promise<found_positions>& promise) {
              served.read_positions({name},
                                    [promise](kafka_error error, std::vector<position_answer> answers) {
                                      promise.set(found_positions{error, std::move(answers)});
                                    });
            }));
  }
  const net::deadline end = net::deadline::in_ms(commit_timeout_ms);
  for (auto& [place, future] : coming) {
    const auto found = co_await future.wait(end, context.gone);
    auto& told = response.groups[place];
    told.error = found ? coordinator_error(found->error) : kafka_error::request_timed_out;
    if (told.error == kafka_error::none) fill(told, request.groups[place], found->answers.front(), *metadata);
  }
  co_return response;
}

net::task<kafka::find_coordinator_response> position_handler::handle(kafka::find_coordinator_request request,
                                                                     request_context context) const {
  (void)context;
  services_.metrics.other_requests.add();
  kafka::find_coordinator_response response;
  for (std::string& key : request.keys) {
    auto& told = response.coordinators.emplace_back();
    told.key = std::move(key);
    told.error = kafka_error::coordinator_not_available;
    told.message = "consumer groups of Kafka clients are not served yet";
  }
  co_return response;
}

}  // namespace marquee::broker
