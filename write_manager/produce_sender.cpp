#include "write_manager/produce_sender.h"

#include <algorithm>

#include "kafka/cluster_client.h"
#include "kafka/protocol_types.h"
#include "net/event_loop.h"

namespace marquee::write_manager {

using kafka::kafka_error;
using kafka::marquee_batch_result;

namespace {

/// What is still to be done for an item.
struct open_item {
  std::shared_ptr<produce_item> item;
  std::vector<std::size_t> places;  ///< of the item's batches in the outcome
  bool maybe_appended = false;      ///< by an earlier attempt whose end is not known
  std::string last_problem = "no leader is known";
  broker_id last_broker{};
};

message_problem sequence_reused() {
  return {.status = 422,
          .code = "SEQUENCE_REUSED",
          .text = "this sequence was used for another message in this partition"};
}

message_problem sequence_too_old() {
  return {
      .status = 409,
      .code = "SEQUENCE_TOO_OLD",
      .text = "the partition no longer remembers so old a sequence, so nobody can say whether it was stored",
      .outcome_unknown = true};
}

/// Nothing if trying again can help.
std::optional<message_problem> final_problem(const marquee_batch_result& batch) {
  const std::string said = batch.message.value_or(std::string(kafka::name_of(batch.error)));
  switch (batch.error) {
    case kafka_error::duplicate_sequence_number:
      return sequence_reused();
    case kafka_error::out_of_order_sequence_number:
    case kafka_error::unknown_producer_id:
      return sequence_too_old();
    case kafka_error::message_too_large:
    case kafka_error::record_list_too_large:
      return message_problem{.status = 413, .code = "MESSAGE_TOO_LARGE", .text = said};
    case kafka_error::invalid_record:
    case kafka_error::corrupt_message:
    case kafka_error::invalid_timestamp:
    case kafka_error::invalid_request:
    case kafka_error::unsupported_version:
      return message_problem{
          .status = 500, .code = "INTERNAL", .text = "the broker refused a batch of this manager: " + said};
    default:
      return std::nullopt;
  }
}

/// The broker's marks for single records of a mixed batch, in place of an offset.
constexpr std::int64_t mark_reused = -1;
constexpr std::int64_t mark_too_old = -2;

message_outcome outcome_of(const marquee_batch_result& batch, std::size_t place) {
  message_outcome outcome;
  const bool mixed = batch.kind == marquee_batch_result::copy::mixed && place < batch.offsets.size();
  outcome.offset = mixed ? batch.offsets[place] : batch.base_offset + static_cast<std::int64_t>(place);
  if (mixed && outcome.offset == mark_reused)
    outcome.problem = sequence_reused();
  else if (mixed && outcome.offset == mark_too_old)
    outcome.problem = sequence_too_old();
  // In a mixed batch what is new lies from the base offset on; below 0 it has nothing new.
  else if (mixed)
    outcome.duplicate = batch.base_offset < 0 || outcome.offset < batch.base_offset;
  else
    outcome.duplicate = batch.kind == marquee_batch_result::copy::duplicate;
  if (outcome.duplicate && place < batch.timestamps_ms.size())
    outcome.stored_timestamp_ms = batch.timestamps_ms[place];
  return outcome;
}

bool appended_without_end(const kafka::produce_response::partition& answer, kafka_error error) {
  if (answer.marquee && answer.marquee->outcome == kafka::marquee_produce_result::outcome_kind::unknown)
    return true;
  return error == kafka_error::request_timed_out || error == kafka_error::not_enough_replicas_after_append;
}

/// Sorts a broker's answer into what is settled and what is to be tried again.
void take_answer(const kafka::produce_response::partition& answer, open_item& open, item_outcome& outcome) {
  const bool has_batches = answer.marquee && answer.marquee->batches.size() == open.item->batches.size();
  if (answer.marquee)
    outcome.timings.take_larger(
        {answer.marquee->append_us, answer.marquee->fsync_us, answer.marquee->commit_us});
  const bool repeated = open.maybe_appended;
  std::vector<planned_batch> left;
  std::vector<std::size_t> left_places;
  for (std::size_t i = 0; i < open.places.size(); ++i) {
    marquee_batch_result batch;
    if (has_batches) batch = answer.marquee->batches[i];
    if (batch.error == kafka_error::none && answer.error != kafka_error::none && batch.base_offset < 0)
      batch.error = answer.error;
    if (!has_batches && answer.error == kafka_error::none) batch.error = kafka_error::unknown_server_error;
    batch_outcome& settled = outcome.batches[open.places[i]];
    settled.broker = open.last_broker;
    const std::size_t messages = open.item->batches[i].messages.size();
    settled.append_time_ms = batch.append_time_ms;
    if (batch.error == kafka_error::none) {
      for (std::size_t place = 0; place < messages; ++place) {
        settled.messages.push_back(outcome_of(batch, place));
        settled.messages.back().perhaps_own = repeated && settled.messages.back().duplicate;
      }
      continue;
    }
    if (std::optional<message_problem> problem = final_problem(batch)) {
      settled.messages.assign(messages, {.problem = std::move(problem)});
      continue;
    }
    open.maybe_appended |= appended_without_end(answer, batch.error);
    open.last_problem = std::string(kafka::name_of(batch.error));
    if (answer.error_message) open.last_problem += " (" + *answer.error_message + ")";
    left.push_back(open.item->batches[i]);
    left_places.push_back(open.places[i]);
  }
  if (!left.empty())
    open.item = std::make_shared<produce_item>(
        produce_item{open.item->topic, open.item->partition, open.item->routing_epoch, std::move(left)});
  open.places = std::move(left_places);
}

void give_up(const open_item& open, item_outcome& outcome, std::string code) {
  const message_problem problem{
      .status = 503,
      .code = std::move(code),
      .text = "partition " + std::to_string(open.item->partition.partition.value()) + " of topic '" +
              open.item->topic + "' could not store the message in time: " + open.last_problem +
              (open.maybe_appended ? "; it may still be stored: retry with the same sequence"
                                   : "; nothing was stored"),
      .retriable = true,
      .outcome_unknown = open.maybe_appended};
  for (std::size_t i = 0; i < open.places.size(); ++i) {
    batch_outcome& settled = outcome.batches[open.places[i]];
    settled.broker = open.last_broker;
    settled.messages.assign(open.item->batches[i].messages.size(), {.problem = problem});
  }
}

}  // namespace

void produce_timings::take_larger(const produce_timings& other) {
  append_us = std::max(append_us, other.append_us);
  fsync_us = std::max(fsync_us, other.fsync_us);
  commit_us = std::max(commit_us, other.commit_us);
}

produce_sender::produce_sender(broker_link& brokers, produce_batcher& batcher, metrics_registry& metrics)
    : brokers_(brokers),
      batcher_(batcher),
      retries_(metrics.counter("marquee_write_manager_produce_retries_total",
                               "Batches sent to a broker again after a lost answer or a changed leader")) {}

net::task<item_outcome> produce_sender::store(produce_item item, net::deadline end) {
  item_outcome outcome;
  outcome.batches.resize(item.batches.size());
  open_item open;
  open.item = std::make_shared<produce_item>(std::move(item));
  for (std::size_t i = 0; i < outcome.batches.size(); ++i) open.places.push_back(i);
  for (int attempt = 1; !open.places.empty() && !end.passed(); ++attempt) {
    if (attempt > 1) {
      retries_.add();
      co_await net::sleep_ms(std::min(kafka::retry_delay_ms(attempt - 1), end.remaining_ms()));
    }
    const result<broker_id> leader = co_await brokers_.leader_of(open.item->topic, open.item->partition, end);
    if (!leader) {
      open.last_problem = leader.error().message;
      continue;
    }
    open.last_broker = *leader;
    const item_answer answer = co_await batcher_.send(*leader, open.item, end);
    if (!answer.response) {
      open.last_problem =
          "broker " + std::to_string(leader->value()) + ": " + answer.response.error().message;
      if (answer.response.error().code == error_code::overloaded) {
        give_up(open, outcome, "OVERLOADED");
        co_return outcome;
      }
      open.maybe_appended |= answer.sent == kafka::delivery::maybe_sent;
      brokers_.note_not_leader(open.item->partition, *leader, std::nullopt);
      continue;
    }
    take_answer(*answer.response, open, outcome);
    if (!open.places.empty() && kafka::asks_for_metadata_refresh(answer.response->error))
      brokers_.note_not_leader(open.item->partition, *leader, answer.response->current_leader);
  }
  if (!open.places.empty()) give_up(open, outcome, "NOT_ENOUGH_REPLICAS");
  co_return outcome;
}

}  // namespace marquee::write_manager
