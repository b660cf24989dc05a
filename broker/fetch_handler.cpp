#include "broker/fetch_handler.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "broker/partition_access.h"

namespace marquee::broker {

using kafka::kafka_error;

namespace {

constexpr std::int64_t longest_wait_ms = 300'000;
constexpr std::int16_t first_version_with_zstd = 10;

/// One partition of the request, in its order.
struct fetched_partition {
  kafka::fetch_request::partition asked;
  group_id group{};
  replica_pointer replica;  ///< null: `answer` says why
  fetch_answer answer;
};

struct fetched_topic {
  std::string name;
  std::vector<fetched_partition> partitions;
};

/// A round over all partitions.
struct round_totals {
  std::int64_t bytes = 0;
  bool any_error = false;
};

struct poll_place {
  net::wake_point point;
  std::uint64_t id = 0;
};

std::vector<fetched_topic> find_partitions(broker_services& services, kafka::fetch_request& request) {
  std::vector<fetched_topic> topics;
  const metadata_snapshot metadata = services.catalog.snapshot();
  for (auto& topic : request.topics) {
    fetched_topic& found = topics.emplace_back();
    found.name = std::move(topic.name);
    const topic_metadata* known = metadata->find(found.name);
    for (const auto& asked : topic.partitions) {
      fetched_partition& part = found.partitions.emplace_back();
      part.asked = asked;
      if (known == nullptr || known->find(asked.index) == nullptr) {
        part.answer.error = kafka_error::unknown_topic_or_partition;
        continue;
      }
      part.group = {known->topic_id, partition_id(asked.index)};
      part.replica = services.host.find(part.group);
      if (part.replica == nullptr) part.answer.error = kafka_error::not_leader_or_follower;
    }
  }
  return topics;
}

/// What holds for every round of a request.
struct round_rules {
  std::int64_t max_bytes = 0;
  read_limits::zstd_batches zstd = read_limits::zstd_batches::delivered;
};

/// `place` null: nobody waits. Otherwise every partition will wake it.
net::task<round_totals> fetch_round(std::vector<fetched_topic>& topics, round_rules rules,
                                    const poll_place* place) {
  round_totals totals;
  for (fetched_topic& topic : topics) {
    for (fetched_partition& part : topic.partitions) {
      if (part.replica != nullptr) {
        fetch_order order;
        order.from = record_offset(part.asked.fetch_offset);
        order.leader_epoch = part.asked.current_leader_epoch;
        order.at_least_one_batch = totals.bytes == 0;
        order.max_bytes = std::min<std::int64_t>(part.asked.max_bytes, rules.max_bytes - totals.bytes);
        order.zstd = rules.zstd;
        if (place != nullptr) order.waiter = &place->point;
        if (place != nullptr) order.waiter_id = place->id;
        auto answer = co_await ask_partition<fetch_answer>(
                          part.replica,
                          [order](partition& served, const net::promise<fetch_answer>& promise) {
                            promise.set(served.fetch(order));
                          })
                          .wait();
        part.answer =
            answer ? std::move(*answer) : fetch_answer{.error = kafka_error::not_leader_or_follower};
      }
      totals.bytes += static_cast<std::int64_t>(part.answer.records.size());
      totals.any_error = totals.any_error || part.answer.error != kafka_error::none;
    }
  }
  co_return totals;
}

void forget_waiter(const std::vector<fetched_topic>& topics, std::uint64_t id) {
  for (const fetched_topic& topic : topics)
    for (const fetched_partition& part : topic.partitions)
      if (part.replica != nullptr)
        run_on_partition(part.replica, [id](partition& served) { served.forget_waiter(id); });
}

kafka::fetch_response make_response(broker_services& services, std::vector<fetched_topic> topics) {
  kafka::fetch_response response;
  for (fetched_topic& topic : topics) {
    auto& told_topic = response.topics.emplace_back();
    told_topic.name = std::move(topic.name);
    for (fetched_partition& part : topic.partitions) {
      auto& told = told_topic.partitions.emplace_back();
      told.index = part.asked.index;
      told.error = part.answer.error;
      if (told.error == kafka_error::not_leader_or_follower || told.error == kafka_error::fenced_leader_epoch)
        told.current_leader = services.other_leader(part.group);
      if (told.error == kafka_error::none || told.error == kafka_error::offset_out_of_range) {
        told.high_watermark = part.answer.high_watermark.value();
        told.last_stable_offset = told.high_watermark;
        told.log_start_offset = part.answer.log_start.value();
      }
      services.metrics.fetched(told.error);
      services.metrics.fetched_records.add(static_cast<std::uint64_t>(part.answer.record_count));
      services.metrics.fetched_bytes.add(part.answer.records.size());
      told.records = std::move(part.answer.records);
    }
  }
  return response;
}

}  // namespace

net::task<kafka::fetch_response> fetch_handler::handle(kafka::fetch_request request,
                                                       request_context context) {
  services_.metrics.fetch_requests.add();
  std::vector<fetched_topic> topics = find_partitions(services_, request);
  round_rules rules;
  rules.max_bytes = std::clamp<std::int64_t>(request.max_bytes, 0, services_.limits.max_fetch_bytes);
  if (context.version < first_version_with_zstd) rules.zstd = read_limits::zstd_batches::refused;
  const net::deadline end =
      net::deadline::in_ms(std::min<std::int64_t>(request.max_wait_ms, longest_wait_ms));
  round_totals totals = co_await fetch_round(topics, rules, nullptr);
  const auto satisfied = [&] {
    return totals.any_error || totals.bytes >= std::min<std::int64_t>(request.min_bytes, rules.max_bytes) ||
           topics.empty();
  };
  if (!satisfied() && !end.passed()) {
    const poll_place place{.point = {}, .id = next_waiter_++};
    for (;;) {
      const std::uint64_t seen = place.point.generation();
      totals = co_await fetch_round(topics, rules, &place);
      if (satisfied()) break;
      if (co_await place.point.wait(seen, end, context.gone) != net::wake_reason::woken) break;
    }
    forget_waiter(topics, place.id);
  }
  services_.metrics.fetch_latency_us.observe(context.elapsed_us());
  co_return make_response(services_, std::move(topics));
}

}  // namespace marquee::broker
