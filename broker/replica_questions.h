#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include "broker/broker_services.h"
#include "broker/partition_access.h"
#include "kafka/protocol_types.h"

namespace marquee::broker {

/// One partition of a Kafka request about many: where its answer goes, and what its replica will say.
template <class Told, class Answer>
struct replica_question {
  Told* told = nullptr;
  net::future<Answer> coming;
};

/// Gives `response` the topics and partitions of `request`, in their order, and asks this broker's replica of
/// each with `ask(wanted, replica)`. What cannot be asked gets its error at once: a partition that is not
/// known, one without a replica here, and those for which `refuse(wanted)` names one.
template <class Answer, class Request, class Response, class Refuse, class Ask>
[[nodiscard]] std::vector<replica_question<typename Response::partition, Answer>> ask_replicas(
    const broker_services& services, const Request& request, Response& response, Refuse refuse, Ask ask) {
  using kafka::kafka_error;
  std::vector<replica_question<typename Response::partition, Answer>> asked;
  const metadata_snapshot metadata = services.catalog.snapshot();
  response.topics.resize(request.topics.size());
  for (std::size_t t = 0; t < request.topics.size(); ++t) {
    const auto& topic = request.topics[t];
    response.topics[t].name = topic.name;
    response.topics[t].partitions.resize(topic.partitions.size());
    const topic_metadata* known = metadata->find(topic.name);
    for (std::size_t p = 0; p < topic.partitions.size(); ++p) {
      const auto& wanted = topic.partitions[p];
      auto& told = response.topics[t].partitions[p];
      told.index = wanted.index;
      if (known == nullptr || known->find(wanted.index) == nullptr) {
        told.error = kafka_error::unknown_topic_or_partition;
        continue;
      }
      if (const kafka_error problem = refuse(wanted); problem != kafka_error::none) {
        told.error = problem;
        continue;
      }
      const replica_pointer replica = services.host.find({known->topic_id, partition_id(wanted.index)});
      if (replica == nullptr) {
        told.error = kafka_error::not_leader_or_follower;
        continue;
      }
      asked.push_back({&told, ask(wanted, replica)});
    }
  }
  return asked;
}

}  // namespace marquee::broker
