#include "broker/list_offsets_handler.h"

#include <optional>
#include <utility>
#include <vector>

#include "broker/partition_access.h"

namespace marquee::broker {

using kafka::kafka_error;

namespace {

constexpr std::int64_t barrier_timeout_ms = 10'000;
constexpr std::int16_t first_version_with_max_timestamp = 7;

struct asked_partition {
  kafka::list_offsets_response::partition* told = nullptr;
  net::future<offset_answer> coming;
};

/// OFFSET_NOT_AVAILABLE came with version 5.
kafka_error known_to(std::int16_t version, kafka_error error) {
  if (error == kafka_error::offset_not_available && version < 5) return kafka_error::leader_not_available;
  return error;
}

}  // namespace

net::task<kafka::list_offsets_response> list_offsets_handler::handle(kafka::list_offsets_request request,
                                                                     request_context context) const {
  services_.metrics.other_requests.add();
  kafka::list_offsets_response response;
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
      if (wanted.timestamp == kafka::max_timestamp && context.version < first_version_with_max_timestamp) {
        told.error = kafka_error::unsupported_version;
        continue;
      }
      const replica_pointer replica = services_.host.find({known->topic_id, partition_id(wanted.index)});
      if (replica == nullptr) {
        told.error = kafka_error::not_leader_or_follower;
        continue;
      }
      asked.push_back(
          {&told, ask_partition<offset_answer>(
                      replica, [wanted](partition& served, const net::promise<offset_answer>& promise) {
                        served.list_offset(wanted.timestamp, wanted.current_leader_epoch,
                                           [promise](offset_answer answer) { promise.set(answer); });
                      })});
    }
  }
  const net::deadline end = net::deadline::in_ms(barrier_timeout_ms);
  for (asked_partition& one : asked) {
    const auto answer = co_await one.coming.wait(end, context.gone);
    one.told->error = answer ? known_to(context.version, answer->error) : kafka_error::request_timed_out;
    if (!answer || answer->error != kafka_error::none) continue;
    one.told->timestamp = answer->timestamp_ms;
    one.told->offset = answer->offset;
    one.told->leader_epoch = answer->leader_epoch;
  }
  co_return response;
}

}  // namespace marquee::broker
