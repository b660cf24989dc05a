#include "broker/leader_epoch_handler.h"

#include <utility>
#include <vector>

#include "broker/partition_access.h"

namespace marquee::broker {

using kafka::kafka_error;

namespace {

constexpr std::int64_t answer_timeout_ms = 10'000;

struct asked_partition {
  kafka::offset_for_leader_epoch_response::partition* told = nullptr;
  net::future<epoch_answer> coming;
};

}  // namespace

net::task<kafka::offset_for_leader_epoch_response> leader_epoch_handler::handle(
    kafka::offset_for_leader_epoch_request request, request_context context) const {
  services_.metrics.other_requests.add();
  kafka::offset_for_leader_epoch_response response;
  const metadata_snapshot metadata = services_.catalog.snapshot();
  std::vector<asked_partition> asked;
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
      const replica_pointer replica = services_.host.find({known->topic_id, partition_id(wanted.index)});
      if (replica == nullptr) {
        told.error = kafka_error::not_leader_or_follower;
        continue;
      }
      asked.push_back(
          {&told, ask_partition<epoch_answer>(replica, [wanted](partition& served, const auto& promise) {
             promise.set(served.end_of_epoch(wanted.leader_epoch, wanted.current_leader_epoch));
           })});
    }
  }
  const net::deadline end = net::deadline::in_ms(answer_timeout_ms);
  for (asked_partition& one : asked) {
    const auto answer = co_await one.coming.wait(end, context.gone);
    one.told->error = answer ? answer->error : kafka_error::request_timed_out;
    if (!answer || answer->error != kafka_error::none) continue;
    one.told->leader_epoch = static_cast<std::int32_t>(answer->end.epoch);
    one.told->end_offset = answer->end.end_offset;
  }
  co_return response;
}

}  // namespace marquee::broker
