#include "read_manager/offset_client.h"

#include <memory>
#include <optional>

#include "net/event_loop.h"
#include "net/wake_point.h"

namespace marquee::read_manager {

using kafka::kafka_error;

namespace {
constexpr std::int64_t one_try_ms = 2'000;
}

/// Answers of several questions, of which each is a coroutine of its own.
struct offset_client::gathering {
  position_map found;
  std::optional<error> problem;
  std::size_t open = 0;
  net::wake_point done;
};

net::task<result<std::int64_t>> offset_client::ask_one(kafka::cluster_client& cluster, std::string topic,
                                                       group_id partition, std::int64_t timestamp,
                                                       net::deadline end) {
  const std::string name = topic + "/" + std::to_string(partition.partition.value());
  error last{error_code::unavailable, "no time was left"};
  for (int attempt = 1; !end.passed(); ++attempt) {
    const net::deadline one = end.earlier_of(net::deadline::in_ms(one_try_ms));
    const result<broker_id> leader = co_await cluster.leader_of(topic, partition, one);
    if (leader) {
      kafka::list_offsets_request request;
      request.topics.push_back({topic, {{partition.partition.value(), -1, timestamp}}});
      auto outcome = co_await cluster.call(*leader, request, one, kafka::lane::exclusive);
      // Long polls have every connection: stand behind others then.
      if (!outcome.response && outcome.response.error().code == error_code::overloaded)
        outcome = co_await cluster.call(*leader, std::move(request), one, kafka::lane::control);
      if (!outcome.response) {
        cluster.note_not_leader(partition, *leader);
        last = outcome.response.error();
      } else if (outcome.response->topics.size() != 1 || outcome.response->topics[0].partitions.size() != 1) {
        co_return fail(error_code::internal, "a broker's ListOffsets answer leaves out " + name);
      } else {
        const auto& answer = outcome.response->topics[0].partitions[0];
        if (answer.error == kafka_error::none) co_return answer.offset;
        last = {error_code::unavailable, std::string(name_of(answer.error))};
        if (!kafka::is_retriable(answer.error)) break;
        // A new leader that does not know its commit index yet is still the leader.
        if (answer.error != kafka_error::offset_not_available) cluster.note_not_leader(partition, *leader);
      }
    } else {
      last = leader.error();
      if (last.code == error_code::not_found) break;
    }
    co_await net::sleep_until(end.earlier_of(net::deadline::in_ms(kafka::retry_delay_ms(attempt))));
  }
  co_return failure(error{error_code::unavailable, "offsets of " + name + ": " + last.message});
}

net::task<std::shared_ptr<offset_client::gathering>> offset_client::gather(partition_set of,
                                                                           std::int64_t timestamp,
                                                                           net::deadline end) {
  const auto all = std::make_shared<gathering>();
  all->open = of.partitions.size();
  kafka::cluster_client& cluster = cluster_;
  for (const std::int32_t partition : of.partitions) {
    loop_.spawn([all, &cluster, topic = of.topic, group = group_id{of.topic_id, partition_id(partition)},
                 timestamp, end]() -> net::task<void> {
      const result<std::int64_t> offset = co_await ask_one(cluster, topic, group, timestamp, end);
      if (offset)
        all->found[group.partition.value()] = *offset;
      else
        all->problem = offset.error();
      --all->open;
      all->done.wake_all();
    });
  }
  while (all->open > 0) {
    const std::uint64_t seen = all->done.generation();
    if (all->open > 0) (void)co_await all->done.wait(seen);
  }
  co_return all;
}

net::task<result<position_map>> offset_client::offsets(partition_set of, std::int64_t timestamp,
                                                       net::deadline end) {
  const auto all = co_await gather(std::move(of), timestamp, end);
  if (all->problem) co_return failure(*all->problem);
  co_return all->found;
}

net::task<position_map> offset_client::offsets_as_far_as_known(partition_set of, std::int64_t timestamp,
                                                               net::deadline end) {
  const auto all = co_await gather(std::move(of), timestamp, end);
  co_return all->found;
}

}  // namespace marquee::read_manager
