#include "broker/partition.h"

#include <utility>

#include "base/assert.h"
#include "base/logging.h"
#include "broker/fetch_reader.h"
#include "broker/planted_bugs.h"
#include "kafka/api/list_offsets.h"

namespace marquee::broker {

using kafka::kafka_error;

partition::partition(raft::replica& replica, const partition_environment& environment)
    : replica_(replica),
      environment_(environment),
      appends_(replica, state_, environment.time, environment.appends),
      retention_(replica, environment.metrics) {}

void partition::produce(const std::shared_ptr<produce_order>& order) {
  if (serves()) {
    if (!intake_)
      intake_ = std::make_unique<produce_intake>(state_, replica_.log(), appends_, environment_.time);
    return intake_->submit(order);
  }
  order->answer.error = kafka_error::not_leader_or_follower;
  order->answer.message = "this replica does not lead the partition, or not yet";
  order->answer.batches.resize(order->batches.size());
  for (kafka::marquee_batch_result& batch : order->answer.batches) batch.error = order->answer.error;
  std::exchange(order->done, {})(std::move(order->answer));
}

void partition::abandon(const std::shared_ptr<produce_order>& order) {
  if (intake_) intake_->abandon(order);
}

result<> partition::restore(const raft::state_block& from) {
  if (from.application_state.empty()) return {};
  return state_.decode(from.application_state);
}

shared_bytes partition::make_state() {
  return shared_bytes::of(state_.encode());
}

void partition::apply(const raft::entry& committed) {
  auto applied = state_.apply(committed);
  if (!applied)
    log_error("broker",
              "partition {}: a committed entry cannot be applied: {}. The process stops: run a "
              "release that can read it, or restore this replica from its peers.",
              to_string(replica_.group()), applied.error().message);
  MARQUEE_ASSERT(applied.has_value(), "a committed entry cannot be applied");
  appends_.note_applied(std::move(*applied));
  if (committed.record_count == 0) return;
  environment_.metrics.records_applied.add(static_cast<std::uint64_t>(committed.record_count));
  waiters_.wake_all();
}

void partition::leadership_changed(const raft::leadership& now) {
  if (now.own_role == raft::role::leader) return;
  stop_serving();
}

void partition::stop_serving() {
  serves_ = false;
  appends_.close();
  retention_.forget();
  waiters_.wake_all();
}

void partition::keep_retention(const retention_rules& rules, std::int64_t now_ms) {
  if (!stopped_) retention_.check(rules, now_ms);
}

void partition::leader_ready(term_number term) {
#ifdef MARQUEE_BROKER_PLANTED_BUGS
  if (planted(planted_bug::forgets_producers_when_elected)) state_.forget_producers();
#endif
  serves_ = true;
  appends_.open();
  log_debug("broker", "partition {}: leads from offset {} on, term {}", to_string(replica_.group()),
            state_.next_offset().value(), term.value());
}

void partition::stopped(const error& why) {
  log_debug("broker", "partition {}: stopped: {}", to_string(replica_.group()), why.message);
  stopped_ = true;
  stop_serving();
}

std::optional<kafka::leader_hint> partition::leader_hint() const {
  const auto leader = replica_.leader();
  if (!leader || *leader == replica_.self()) return std::nullopt;
  return kafka::leader_hint{leader->broker.value(), static_cast<std::int32_t>(replica_.term().value())};
}

kafka_error partition::check_epoch(std::int32_t leader_epoch) const {
  if (leader_epoch < 0) return kafka_error::none;
  if (leader_epoch < replica_.term().value()) return kafka_error::fenced_leader_epoch;
  if (leader_epoch > replica_.term().value()) return kafka_error::unknown_leader_epoch;
  return kafka_error::none;
}

fetch_answer partition::fetch(const fetch_order& order) {
  fetch_answer answer;
  answer.error = check_epoch(order.leader_epoch);
  if (answer.error == kafka_error::none && !serves()) answer.error = kafka_error::not_leader_or_follower;
  if (answer.error != kafka_error::none) {
    answer.leader = leader_hint();
    return answer;
  }
  answer.high_watermark = planted(planted_bug::serves_what_is_not_committed) ? replica_.log().next_offset()
                                                                             : state_.next_offset();
  answer.log_start = log_start_offset();
  if (order.from < answer.log_start || order.from > replica_.log().next_offset()) {
    answer.error = kafka_error::offset_out_of_range;
    return answer;
  }
  if (order.max_bytes > 0 || order.at_least_one_batch) {
    auto records =
        read_batches(replica_.log(), order.from, answer.high_watermark,
                     {.max_bytes = static_cast<std::size_t>(std::max<std::int64_t>(order.max_bytes, 0)),
                      .first = order.at_least_one_batch ? first_batch::always : first_batch::within_limit,
                      .zstd = order.zstd});
    if (!records && records.error().code == error_code::unsupported) {
      answer.error = kafka_error::unsupported_compression_type;
      return answer;
    }
    if (!records) {
      log_error("broker", "partition {}: cannot read from offset {}: {}", to_string(replica_.group()),
                order.from.value(), records.error().message);
      answer.error = kafka_error::kafka_storage_error;
      return answer;
    }
    answer.records = std::move(records->data);
    answer.record_count = records->record_count;
  }
  if (order.waiter != nullptr && !waiters_.add(order.waiter_id, *order.waiter)) order.waiter->wake_all();
  return answer;
}

std::int32_t partition::epoch_at(record_offset at) const {
  return static_cast<std::int32_t>(state_.leader_epochs().term_at(at).value_or(replica_.term()).value());
}

offset_answer partition::find_offset(std::int64_t timestamp_ms) const {
  offset_answer answer;
  if (timestamp_ms == kafka::earliest_timestamp) {
    answer.offset = log_start_offset().value();
    answer.leader_epoch = epoch_at(log_start_offset());
    return answer;
  }
  if (timestamp_ms < kafka::max_timestamp) {
    answer.error = kafka_error::unsupported_version;
    return answer;
  }
  std::optional<std::int64_t> wanted = timestamp_ms;
  if (timestamp_ms == kafka::max_timestamp) {
    const auto largest = largest_timestamp(replica_.log(), state_.times(), state_.next_offset());
    if (!largest) answer.error = kafka_error::kafka_storage_error;
    if (!largest) return answer;
    wanted = *largest;
  }
  if (!wanted) return answer;
  const auto found = find_by_timestamp(replica_.log(), state_.times(), *wanted, state_.next_offset());
  if (!found) {
    answer.error = kafka_error::kafka_storage_error;
  } else if (*found) {
    answer.offset = (*found)->offset.value();
    answer.timestamp_ms = (*found)->timestamp_ms;
    answer.leader_epoch = epoch_at((*found)->offset);
  }
  return answer;
}

void partition::list_offset(std::int64_t timestamp_ms, std::int32_t leader_epoch,
                            const std::function<void(offset_answer)>& done) {
  offset_answer refused;
  refused.error = check_epoch(leader_epoch);
  if (refused.error == kafka_error::none && (stopped_ || !replica_.is_leader()))
    refused.error = kafka_error::not_leader_or_follower;
  if (refused.error == kafka_error::none && !serves()) refused.error = kafka_error::offset_not_available;
  if (refused.error != kafka_error::none) return done(refused);
  if (timestamp_ms != kafka::latest_timestamp) return done(find_offset(timestamp_ms));
  replica_.read_barrier([this, done](const result<>& passed) {
    offset_answer answer;
    answer.leader_epoch = static_cast<std::int32_t>(replica_.term().value());
    if (passed)
      answer.offset = state_.next_offset().value();
    else
      answer.error = kafka_error::not_leader_or_follower;
    done(answer);
  });
}

epoch_answer partition::end_of_epoch(std::int32_t epoch, std::int32_t leader_epoch) const {
  epoch_answer answer;
  answer.error = check_epoch(leader_epoch);
  if (answer.error == kafka_error::none && !serves()) answer.error = kafka_error::not_leader_or_follower;
  if (answer.error == kafka_error::none)
    answer.end = state_.leader_epochs().end_of(epoch, replica_.term(), log_end_offset());
  return answer;
}

void partition::command(const position_command& wanted, const std::function<void(position_result)>& done) {
  if (!serves()) return done({kafka_error::not_leader_or_follower, 0, {}});
  incoming_batch batch;
  batch.data = shared_bytes::of(build_command_batch({wanted}, environment_.time.wall_ms()));
  batch.item.record_count = 1;
  batch.item.max_timestamp_ms = environment_.time.wall_ms();
  const auto id = appends_.enqueue({.content = entry_content::position_commands,
                                    .batch = std::move(batch),
                                    .timestamps = timestamp_kind::create,
                                    .done = [done](append_outcome outcome) {
                                      if (outcome.error != kafka_error::none)
                                        return done({outcome.error, 0, {}});
                                      MARQUEE_ASSERT(outcome.positions.size() == 1,
                                                     "a position command was applied without a result");
                                      done(std::move(outcome.positions.front()));
                                    }});
  if (!id) return done({kafka_error::not_enough_replicas, 0, {}});
  appends_.pump();
}

void partition::read_positions(std::vector<std::string> consumers,
                               std::function<void(kafka_error, std::vector<position_answer>)> done) {
  if (!serves()) return done(kafka_error::not_leader_or_follower, {});
  replica_.read_barrier(
      [this, consumers = std::move(consumers), done = std::move(done)](const result<>& passed) {
        if (!passed) return done(kafka_error::not_leader_or_follower, {});
        std::vector<position_answer> answers;
        for (const std::string& name : consumers) {
          position_answer& answer = answers.emplace_back();
          if (const consumer_state* found = state_.positions().find(name)) answer.consumer = *found;
          answer.deleted = state_.positions().was_deleted(name);
        }
        done(kafka_error::none, std::move(answers));
      });
}

}  // namespace marquee::broker
