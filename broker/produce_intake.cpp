#include "broker/produce_intake.h"

#include <algorithm>
#include <utility>

namespace marquee::broker {

using kafka::kafka_error;
using kafka::marquee_batch_result;
using stage = produce_order::progress::stage;

namespace {

std::string why_failed(kafka_error error) {
  return error == kafka_error::not_enough_replicas ? "too much of this partition is not committed yet"
                                                   : "leadership of the partition was lost";
}

}  // namespace

void produce_intake::submit(const order_pointer& order) {
  order->notes.resize(order->batches.size());
  order->answer.batches.resize(order->batches.size());
  order->unsettled = order->batches.size();
  for (std::size_t batch = 0; batch < order->batches.size(); ++batch) resolve(order, batch);
  queue_.pump();
}

void produce_intake::resolve(const order_pointer& order, std::size_t batch) {
  const batch_item& item = order->batches[batch].item;
  if (!queue_.is_open())
    refuse(order, batch, kafka_error::not_leader_or_follower, "this replica does not lead the partition");
  else if (item.is_sequenced())
    resolve_sequenced(order, batch);
  else if (item.is_idempotent())
    resolve_idempotent(order, batch);
  else
    append(order, batch, order->batches[batch]);
}

void produce_intake::resolve_sequenced(const order_pointer& order, std::size_t batch) {
  const incoming_batch& incoming = order->batches[batch];
  if (const auto under_way = pending_.find_overlap(incoming.item.producer_id, incoming.item.runs))
    return wait_for(*under_way, order, batch);
  auto verdict = check_duplicates(incoming, state_.sequences(), log_);
  if (!verdict)
    return refuse(order, batch, kafka_error::kafka_storage_error,
                  "what is stored cannot be compared: " + verdict.error().message, produce_outcome::unknown);
  if (verdict->count_of(duplicate_verdict::fresh) == 0)
    return settle(order, batch, describe_duplicates(*verdict, -1, -1), produce_outcome::definite);
  const incoming_batch rest = std::move(verdict->rest);
  order->notes[batch].verdict = std::move(*verdict);
  append(order, batch, rest);
}

void produce_intake::resolve_idempotent(const order_pointer& order, std::size_t batch) {
  const batch_item& item = order->batches[batch].item;
  const pending_table::idempotent_pending pending = pending_.batches_of(item.producer_id);
  const idempotence_verdict verdict = state_.idempotence().check(
      item.producer_id, {item.producer_epoch, item.base_sequence, item.record_count}, pending.batches,
      time_.wall_ms());
  switch (verdict.what) {
    case idempotence_verdict::kind::append:
      return append(order, batch, order->batches[batch]);
    case idempotence_verdict::kind::pending_duplicate:
      return wait_for(pending.ids[verdict.pending], order, batch);
    case idempotence_verdict::kind::refuse:
      return refuse(order, batch, verdict.error, "the producer's epoch or sequence is not the expected one");
    case idempotence_verdict::kind::duplicate:
      break;
  }
  marquee_batch_result told;
  told.base_offset = verdict.base_offset.value();
  told.append_time_ms = verdict.append_time_ms;
  told.kind = marquee_batch_result::copy::duplicate;
  settle(order, batch, std::move(told), produce_outcome::definite);
}

void produce_intake::append(const order_pointer& order, std::size_t batch, const incoming_batch& what) {
  produce_order::progress& note = order->notes[batch];
  const auto id = queue_.enqueue(
      {.content = entry_content::records,
       .batch = what,
       .timestamps = order->timestamps,
       .done = [this, order, batch](const append_outcome& outcome) { landed(order, batch, outcome); }});
  if (!id)
    return refuse(order, batch, kafka_error::not_enough_replicas,
                  "too much waits to be appended to this partition");
  note.now = stage::queued;
  note.id = *id;
  note.appended = what.item;
  pending_.add(*id, what.item);
}

void produce_intake::landed(const order_pointer& order, std::size_t batch, const append_outcome& outcome) {
  produce_order::progress& note = order->notes[batch];
  pending_.remove(note.id, note.appended);
  produce_answer& answer = order->answer;
  answer.append_us = std::max(answer.append_us, outcome.append_us);
  answer.fsync_us = std::max(answer.fsync_us, outcome.fsync_us);
  answer.commit_us = std::max(answer.commit_us, outcome.commit_us);
  const append_id id = note.id;
  if (outcome.error != kafka_error::none) {
    refuse(order, batch, outcome.error, why_failed(outcome.error), outcome.outcome);
  } else if (note.verdict.offsets.empty()) {
    marquee_batch_result told;
    told.base_offset = outcome.base_offset.value();
    told.append_time_ms = outcome.append_time_ms;
    settle(order, batch, std::move(told), produce_outcome::definite);
  } else {
    settle(order, batch,
           describe_duplicates(note.verdict, outcome.base_offset.value(), outcome.append_time_ms),
           produce_outcome::definite);
  }
  wake_waiters(id, outcome);
}

void produce_intake::wait_for(append_id id, const order_pointer& order, std::size_t batch) {
  if (waiting_ >= waiting_most)
    return refuse(order, batch, kafka_error::not_enough_replicas, "too many retries wait for this partition",
                  produce_outcome::unknown);
  ++waiting_;
  order->notes[batch].now = stage::waits;
  order->notes[batch].id = id;
  waiters_[id].push_back({order, batch});
}

void produce_intake::wake_waiters(append_id id, const append_outcome& outcome) {
  const auto found = waiters_.find(id);
  if (found == waiters_.end()) return;
  const std::vector<waiter> waiting = std::move(found->second);
  waiters_.erase(found);
  waiting_ -= waiting.size();
  for (const waiter& one : waiting) {
    if (one.order->notes[one.batch].now != stage::waits) continue;
    if (outcome.error == kafka_error::none)
      resolve(one.order, one.batch);
    else  // what stands behind the original may be on its way out too: a retry finds order again
      refuse(one.order, one.batch, outcome.error, why_failed(outcome.error), outcome.outcome);
  }
}

void produce_intake::abandon(const order_pointer& order) {
  for (std::size_t batch = 0; batch < order->notes.size(); ++batch)
    if (order->notes[batch].now != stage::settled) time_out(order, batch);
  queue_.pump();
}

void produce_intake::time_out(const order_pointer& order, std::size_t batch) {
  produce_order::progress& note = order->notes[batch];
  const append_id id = note.id;
  const bool withdrawn = note.now == stage::queued && queue_.withdraw(id);
  const batch_item appended = note.appended;
  if (withdrawn) pending_.remove(id, appended);
  const bool in_log = !withdrawn && !(note.now == stage::waits && queue_.holds(id));
  refuse(order, batch, in_log ? kafka_error::request_timed_out : kafka_error::not_enough_replicas,
         "the partition has no quorum, or it is too slow: nothing was committed in time",
         in_log ? produce_outcome::unknown : produce_outcome::definite);
  if (!withdrawn) return;
  append_outcome told;
  told.error = kafka_error::not_enough_replicas;
  wake_waiters(id, told);
  if (appended.is_idempotent()) queue_.refuse_followers(id, appended.producer_id);
}

void produce_intake::refuse(const order_pointer& order, std::size_t batch, kafka_error error,
                            std::string message, produce_outcome outcome) {
  marquee_batch_result told;
  told.error = error;
  told.message = std::move(message);
  settle(order, batch, std::move(told), outcome);
}

void produce_intake::settle(const order_pointer& order, std::size_t batch, marquee_batch_result told,
                            produce_outcome outcome) {
  if (order->notes[batch].now == stage::settled) return;
  order->notes[batch].now = stage::settled;
  order->batches[batch].data = {};
  produce_answer& answer = order->answer;
  if (told.error != kafka_error::none && outcome == produce_outcome::unknown)
    answer.outcome = produce_outcome::unknown;
  answer.batches[batch] = std::move(told);
  if (--order->unsettled > 0) return;
  const auto stored = std::ranges::find(answer.batches, kafka_error::none, &marquee_batch_result::error);
  if (stored == answer.batches.end() && !answer.batches.empty()) {
    answer.error = answer.batches.front().error;
    answer.message = answer.batches.front().message.value_or("");
  }
  std::exchange(order->done, {})(std::move(answer));
}

}  // namespace marquee::broker
