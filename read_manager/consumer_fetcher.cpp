#include "read_manager/consumer_fetcher.h"

#include <algorithm>
#include <utility>

#include "base/clock.h"
#include "base/logging.h"
#include "base/metrics.h"
#include "net/event_loop.h"

namespace marquee::read_manager {

using kafka::kafka_error;

namespace {

/// A long poll is renewed after this, so that one that nobody waits for any more does not hold its connection
/// for long.
constexpr std::int64_t longest_poll_ms = 5'000;
constexpr std::int64_t answer_slack_ms = 3'000;
constexpr std::int64_t pause_without_connection_ms = 200;
constexpr std::size_t least_partition_bytes = 64 << 10;

bool& open_flag(partition_traffic& traffic, fetch_kind kind) {
  return kind == fetch_kind::quick ? traffic.quick_fetch_open : traffic.long_fetch_open;
}

partition_traffic& traffic_of(const consumer_pointer& consumer, std::int32_t partition) {
  return consumer->traffic[static_cast<std::size_t>(partition)];
}

}  // namespace

void consumer_fetcher::start_quick(const consumer_pointer& consumer, std::size_t limit_bytes,
                                   std::int64_t silent_since_us) {
  job work{consumer, fetch_kind::quick, limit_bytes, 0, {}};
  for (const fetch_wish& wish : consumer->session.wishes(limit_bytes))
    if (consumer->session.partition(wish.partition)->more_known() ||
        traffic_of(consumer, wish.partition).answered_us < silent_since_us)
      work.wishes.push_back(wish);
  start(std::move(work));
}

void consumer_fetcher::start_long_polls(const consumer_pointer& consumer, std::size_t limit_bytes,
                                        std::int64_t wait_ms) {
  job work{consumer, fetch_kind::long_poll, limit_bytes, wait_ms, {}};
  for (const fetch_wish& wish : consumer->session.wishes(limit_bytes))
    if (!consumer->session.partition(wish.partition)->more_known()) work.wishes.push_back(wish);
  start(std::move(work));
}

void consumer_fetcher::start(job work) {
  if (work.consumer->lost) return;
  const job empty{work.consumer, work.kind, work.limit_bytes, work.wait_ms, {}};
  std::map<broker_id, job> by_leader;
  job homeless = empty;
  for (const fetch_wish& wish : work.wishes) {
    bool& open = open_flag(traffic_of(work.consumer, wish.partition), work.kind);
    if (std::exchange(open, true)) continue;
    const auto leader = cluster_.known_leader({work.consumer->who.topic_id, partition_id(wish.partition)});
    job& place = leader ? by_leader.try_emplace(*leader, empty).first->second : homeless;
    place.wishes.push_back(wish);
  }
  for (auto& [leader, part] : by_leader)
    loop_.spawn([this, leader = leader, part = std::move(part)]() -> net::task<void> {
      co_await fetch_from(leader, part);
    });
  if (!homeless.wishes.empty())
    loop_.spawn([this, part = std::move(homeless)]() -> net::task<void> { co_await find_leaders(part); });
}

net::task<void> consumer_fetcher::find_leaders(job work) {
  const result<> known =
      co_await cluster_.refresh_topic(work.consumer->who.topic, net::deadline::in_ms(answer_slack_ms));
  bool failed = false;
  for (const fetch_wish& wish : work.wishes) {
    partition_traffic& traffic = traffic_of(work.consumer, wish.partition);
    if (cluster_.known_leader({work.consumer->who.topic_id, partition_id(wish.partition)})) continue;
    failed = true;
    ++traffic.failures;
    traffic.problem = "partition " + work.consumer->who.topic + "/" + std::to_string(wish.partition) +
                      " has no leader now" + (known ? "" : ": " + known.error().message);
  }
  co_await pause_and_close(std::move(work), failed);
}

net::task<kafka::call_outcome<kafka::fetch_response>> consumer_fetcher::call(broker_id leader,
                                                                             const job& work) {
  kafka::fetch_request request;
  request.min_bytes = 1;
  request.max_bytes = static_cast<std::int32_t>(std::min<std::size_t>(work.limit_bytes, 64 << 20));
  auto& topic = request.topics.emplace_back();
  topic.name = work.consumer->who.topic;
  const std::size_t share = work.limit_bytes / std::max<std::size_t>(work.wishes.size(), 1);
  for (const fetch_wish& wish : work.wishes) {
    kafka::fetch_request::partition partition;
    partition.index = wish.partition;
    partition.fetch_offset = wish.offset;
    partition.max_bytes =
        static_cast<std::int32_t>(std::clamp(share, least_partition_bytes, std::size_t{64} << 20));
    topic.partitions.push_back(partition);
  }
  fetches_.add();
  if (work.kind == fetch_kind::long_poll) {
    request.max_wait_ms = static_cast<std::int32_t>(std::min(work.wait_ms, longest_poll_ms));
    const net::deadline end = net::deadline::in_ms(request.max_wait_ms + answer_slack_ms);
    auto outcome = co_await cluster_.call(leader, request, end, kafka::lane::exclusive);
    if (outcome.response || outcome.response.error().code != error_code::overloaded) co_return outcome;
    // Every connection for long polls is taken: look now and then instead.
    co_await net::sleep_ms(pause_without_connection_ms);
    request.max_wait_ms = 0;
  }
  co_return co_await cluster_.call(leader, std::move(request), net::deadline::in_ms(answer_slack_ms));
}

net::task<> consumer_fetcher::settle_range(consumer_pointer consumer, fetch_wish asked) {
  const partition_set one{consumer->who.topic, consumer->who.topic_id, {asked.partition}};
  const net::deadline end = net::deadline::in_ms(answer_slack_ms);
  const result<position_map> first = co_await offsets_.offsets(one, kafka::earliest_timestamp, end);
  if (!first) co_return;
  const result<position_map> last = co_await offsets_.offsets(one, kafka::latest_timestamp, end);
  if (!last) co_return;
  const std::int64_t log_start = first->at(asked.partition), log_end = last->at(asked.partition);
  if (asked.offset > log_end)
    log_error("read_manager", "consumer {} reads {}/{} at {}, but the log ends at {}: reading goes on there",
              consumer->who.id, consumer->who.topic, asked.partition, asked.offset, log_end);
  consumer->session.on_out_of_range(asked, log_start, log_end);
}

net::task<bool> consumer_fetcher::take_in(broker_id leader, const job& work,
                                          const kafka::fetch_response::partition& answer) {
  const auto asked = std::ranges::find(work.wishes, answer.index, &fetch_wish::partition);
  if (asked == work.wishes.end()) co_return true;
  const consumer_pointer& consumer = work.consumer;
  const group_id group{consumer->who.topic_id, partition_id(answer.index)};
  const std::string name = consumer->who.topic + "/" + std::to_string(answer.index);
  std::string problem;
  if (answer.error == kafka_error::none) {
    const bool readable = consumer->session.on_fetched(*asked, answer.records.value_or(kafka::byte_chain{}),
                                                       answer.high_watermark, answer.log_start_offset);
    if (!readable)
      problem =
          "records of " + name + " at or after offset " + std::to_string(asked->offset) + " cannot be read";
  } else if (answer.error == kafka_error::offset_out_of_range) {
    co_await settle_range(consumer, *asked);
    problem = "offset " + std::to_string(asked->offset) + " is outside the log of " + name;
  } else {
    problem =
        "broker " + std::to_string(leader.value()) + ", " + name + ": " + std::string(name_of(answer.error));
    std::optional<broker_id> hint;
    if (answer.current_leader && answer.current_leader->leader_id >= 0)
      hint = broker_id(answer.current_leader->leader_id);
    cluster_.note_not_leader(group, leader, hint,
                             answer.current_leader ? answer.current_leader->leader_epoch : -1);
  }
  partition_traffic& traffic = traffic_of(consumer, answer.index);
  traffic.problem = problem;
  traffic.failures = problem.empty() ? 0 : traffic.failures + 1;
  if (problem.empty()) traffic.answered_us = system_clock().monotonic_us();
  co_return problem.empty();
}

net::task<> consumer_fetcher::pause_and_close(job work, bool failed) {
  if (failed) {
    int failures = 1;
    for (const fetch_wish& wish : work.wishes)
      failures = std::max(failures, traffic_of(work.consumer, wish.partition).failures);
    work.consumer->changed.wake_all();  // for the partitions that did answer
    co_await net::sleep_ms(kafka::retry_delay_ms(failures));
  }
  for (const fetch_wish& wish : work.wishes)
    open_flag(traffic_of(work.consumer, wish.partition), work.kind) = false;
  work.consumer->changed.wake_all();
}

net::task<void> consumer_fetcher::fetch_from(broker_id leader, job work) {
  const auto outcome = co_await call(leader, work);
  bool failed = false;
  if (!outcome.response) {
    failed = true;
    for (const fetch_wish& wish : work.wishes) {
      cluster_.note_not_leader({work.consumer->who.topic_id, partition_id(wish.partition)}, leader);
      partition_traffic& traffic = traffic_of(work.consumer, wish.partition);
      ++traffic.failures;
      traffic.problem = "broker " + std::to_string(leader.value()) + ": " + outcome.response.error().message;
    }
  } else {
    for (const auto& topic : outcome.response->topics)
      for (const auto& partition : topic.partitions)
        if (!co_await take_in(leader, work, partition)) failed = true;
  }
  co_await pause_and_close(std::move(work), failed);
}

}  // namespace marquee::read_manager
