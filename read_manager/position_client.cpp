#include "read_manager/position_client.h"

#include "kafka/partitioner.h"
#include "net/event_loop.h"

namespace marquee::read_manager {

using kafka::kafka_error;
using kafka::marquee_claim;

namespace {

/// A leader that hangs must not use up the whole deadline: the next one may have been elected meanwhile.
constexpr std::int64_t one_try_ms = 3'000;

/// Errors that another broker, or the same one a little later, does not give.
bool worth_another_try(kafka_error error) {
  return kafka::is_retriable(error);
}

result<consumer_record> to_record(const kafka::offset_fetch_response::group& group) {
  consumer_record record;
  if (!group.marquee)
    return fail(error_code::internal, "a broker's OffsetFetch answer lacks the ownership of the consumer");
  using state_kind = kafka::marquee_ownership::state_kind;
  record.standing = group.marquee->state == state_kind::live      ? consumer_record::state::live
                    : group.marquee->state == state_kind::deleted ? consumer_record::state::deleted
                                                                  : consumer_record::state::unknown;
  record.epoch = group.marquee->epoch;
  record.owner = group.marquee->owner;
  record.topic_id = group.marquee->topic_id;
  for (const auto& topic : group.topics)
    for (const auto& partition : topic.partitions)
      if (partition.offset >= 0) record.committed[partition.index] = partition.offset;
  return record;
}

}  // namespace

net::task<result<position_client::place>> position_client::find_place(std::string consumer_id,
                                                                      net::deadline end) {
  const result<kafka::topic_picture> topic = co_await cluster_.describe_topic(offsets_topic, end);
  if (!topic) co_return fail(error_code::unavailable, topic.error().message);
  const group_id partition{topic->topic_id,
                           kafka::partition_of_key(as_bytes(consumer_id), topic->partition_count)};
  const result<broker_id> leader = co_await cluster_.leader_of(offsets_topic, partition, end);
  if (!leader) co_return fail(leader);
  co_return place{partition, *leader};
}

net::task<result<consumer_record>> position_client::read(std::string consumer_id, net::deadline end) {
  error last{error_code::unavailable, "no time was left to ask for the consumer's positions"};
  for (int attempt = 1; !end.passed(); ++attempt) {
    const net::deadline one = end.earlier_of(net::deadline::in_ms(one_try_ms));
    const result<place> where = co_await find_place(consumer_id, one);
    if (where) {
      kafka::offset_fetch_request request;
      request.groups.push_back({consumer_id, std::nullopt, -1, std::nullopt});
      const auto outcome =
          co_await cluster_.call(where->leader, std::move(request), one, kafka::lane::control);
      if (!outcome.response) {
        cluster_.note_not_leader(where->partition, where->leader);
        last = outcome.response.error();
      } else if (outcome.response->groups.size() != 1) {
        co_return fail(error_code::internal, "a broker's OffsetFetch answer leaves out the consumer");
      } else if (const auto& group = outcome.response->groups.front(); group.error == kafka_error::none) {
        co_return to_record(group);
      } else {
        cluster_.note_not_leader(where->partition, where->leader);
        last = {error_code::unavailable,
                "broker " + std::to_string(where->leader.value()) + ": " + std::string(name_of(group.error))};
        if (!worth_another_try(group.error)) co_return failure(error{error_code::internal, last.message});
      }
    } else {
      last = where.error();
    }
    co_await net::sleep_until(end.earlier_of(net::deadline::in_ms(kafka::retry_delay_ms(attempt))));
  }
  co_return failure(error{error_code::unavailable, "consumer positions: " + last.message});
}

net::task<result<command_outcome>> position_client::run(consumer_reference consumer, marquee_claim claim,
                                                        position_map positions, net::deadline end) {
  kafka::offset_commit_request request;
  request.group_id = consumer.id;
  request.generation = claim.expected_epoch;
  claim.owner = self_;
  claim.topic_id = consumer.topic_id;
  request.marquee = claim;
  if (!positions.empty()) {
    auto& topic = request.topics.emplace_back();
    topic.name = consumer.topic;
    for (const auto& [partition, offset] : positions)
      topic.partitions.push_back({partition, offset, -1, std::nullopt});
  }
  error last{error_code::unavailable, "no time was left to write the consumer's positions"};
  for (int attempt = 1; !end.passed(); ++attempt) {
    const net::deadline one = end.earlier_of(net::deadline::in_ms(one_try_ms));
    const result<place> where = co_await find_place(consumer.id, one);
    if (where) {
      const auto outcome = co_await cluster_.call(where->leader, request, one, kafka::lane::control);
      if (!outcome.response) {
        cluster_.note_not_leader(where->partition, where->leader);
        last = outcome.response.error();
      } else if (!outcome.response->marquee) {
        co_return fail(error_code::internal,
                       "a broker's OffsetCommit answer lacks the outcome of the command");
      } else {
        const kafka::marquee_claim_result& done = *outcome.response->marquee;
        if (!worth_another_try(done.error)) co_return command_outcome{done.error, done.epoch, done.owner};
        cluster_.note_not_leader(where->partition, where->leader);
        last = {error_code::unavailable,
                "broker " + std::to_string(where->leader.value()) + ": " + std::string(name_of(done.error))};
      }
    } else {
      last = where.error();
    }
    co_await net::sleep_until(end.earlier_of(net::deadline::in_ms(kafka::retry_delay_ms(attempt))));
  }
  co_return failure(error{error_code::unavailable, "consumer positions: " + last.message});
}

net::task<result<command_outcome>> position_client::register_consumer(consumer_reference consumer,
                                                                      position_map start, net::deadline end) {
  marquee_claim claim;
  claim.command = marquee_claim::command_kind::register_consumer;
  claim.partitions_seen = static_cast<std::int32_t>(start.size());
  co_return co_await run(std::move(consumer), claim, std::move(start), end);
}

net::task<result<command_outcome>> position_client::claim(consumer_reference consumer,
                                                          std::int32_t expected_epoch, net::deadline end) {
  marquee_claim claim;
  claim.command = marquee_claim::command_kind::claim;
  claim.expected_epoch = expected_epoch;
  co_return co_await run(std::move(consumer), claim, {}, end);
}

net::task<result<command_outcome>> position_client::commit(consumer_reference consumer, std::int32_t epoch,
                                                           position_map positions, net::deadline end) {
  marquee_claim claim;
  claim.command = marquee_claim::command_kind::commit;
  claim.expected_epoch = epoch;
  claim.partitions_seen = static_cast<std::int32_t>(positions.size());
  co_return co_await run(std::move(consumer), claim, std::move(positions), end);
}

net::task<result<command_outcome>> position_client::remove(consumer_reference consumer, net::deadline end) {
  marquee_claim claim;
  claim.command = marquee_claim::command_kind::delete_consumer;
  co_return co_await run(std::move(consumer), claim, {}, end);
}

}  // namespace marquee::read_manager
