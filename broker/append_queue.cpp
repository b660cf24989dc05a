#include "broker/append_queue.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace marquee::broker {

using kafka::kafka_error;

append_queue::append_queue(raft::replica& replica, const partition_state& state, const clock& time,
                           append_queue_options options)
    : replica_(replica), state_(state), time_(time), options_(options) {}

void append_queue::open() {
  open_ = true;
  ++epoch_;
  in_flight_ = 0;
  next_offset_ = state_.next_offset();
  last_append_time_ms_ = state_.last_append_time_ms();
}

void append_queue::close() {
  open_ = false;
  fail_queued(kafka_error::not_leader_or_follower);
}

std::optional<append_id> append_queue::enqueue(append_request request) {
  if (queued_bytes_ >= options_.queued_bytes_most) return std::nullopt;
  queued_bytes_ += static_cast<std::int64_t>(request.batch.data.size());
  queue_.push_back({next_id_, std::move(request)});
  return next_id_++;
}

void append_queue::pump() {
  while (may_propose())
    if (!propose_next()) return;
}

bool append_queue::may_propose() const {
  if (!open_ || queue_.empty()) return false;
  if (in_flight_ == 0) return true;
  return in_flight_ < static_cast<std::size_t>(options_.entries_in_flight) &&
         queued_bytes_ >= options_.joining_bytes;
}

std::vector<append_queue::queued> append_queue::take_batch() {
  std::vector<queued> taken;
  std::int64_t taken_bytes = 0;
  const entry_content content = queue_.front().request.content;
  while (!queue_.empty() && queue_.front().request.content == content) {
    const auto size = static_cast<std::int64_t>(queue_.front().request.batch.data.size());
    if (!taken.empty() && taken_bytes + size > options_.entry_bytes) break;
    taken_bytes += size;
    taken.push_back(std::move(queue_.front()));
    queue_.pop_front();
  }
  queued_bytes_ -= taken_bytes;
  return taken;
}

void append_queue::put_back(std::vector<queued> taken) {
  for (const queued& one : taken) queued_bytes_ += static_cast<std::int64_t>(one.request.batch.data.size());
  queue_.insert(queue_.begin(), std::make_move_iterator(taken.begin()), std::make_move_iterator(taken.end()));
}

bool append_queue::propose_next() {
  std::vector<queued> taken = take_batch();
  const auto landing = std::make_shared<flight>();
  landing->base_offset = next_offset_;
  landing->stamp_ms = time_.wall_ms();
  landing->append_time_ms = std::max(last_append_time_ms_, landing->stamp_ms);
  entry_builder entry(taken.front().request.content, next_offset_,
                      static_cast<std::int32_t>(replica_.term().value()), landing->append_time_ms);
  for (const queued& one : taken) entry.add(one.request.batch, one.request.timestamps, landing->stamp_ms);
  const record_offset next_offset = entry.next_offset();
  const auto appended = replica_.propose(
      entry.finish(), [this, landing, epoch = epoch_](result<raft::proposal_outcome> outcome) {
        if (epoch == epoch_) --in_flight_;
        settle(*landing, outcome);
        pump();
      });
  if (!appended) {
    put_back(std::move(taken));
    const bool too_much = appended.error().code == error_code::overloaded;
    // With entries under way it is tried again when the next one lands.
    if (too_much && in_flight_ > 0) return false;
    const bool full_disk = appended.error().code == error_code::no_space;
    fail_queued(too_much    ? kafka_error::not_enough_replicas
                : full_disk ? kafka_error::kafka_storage_error
                            : kafka_error::not_leader_or_follower);
    return false;
  }
  ++in_flight_;
  next_offset_ = next_offset;
  last_append_time_ms_ = landing->append_time_ms;
  for (queued& one : taken) {
    one.request.batch.data = {};
    landing->requests.push_back(std::move(one.request));
  }
  return true;
}

void append_queue::settle(flight& landed, const result<raft::proposal_outcome>& outcome) {
  const std::vector<position_result> positions = std::exchange(applied_results_, {});
  record_offset at = landed.base_offset;
  std::size_t next_position = 0;
  for (append_request& request : landed.requests) {
    append_outcome told;
    told.base_offset = at;
    told.append_time_ms =
        request.timestamps == timestamp_kind::append ? landed.stamp_ms : landed.append_time_ms;
    const auto count = static_cast<std::size_t>(request.batch.item.record_count);
    if (outcome) {
      told.append_us = outcome->append_us;
      told.fsync_us = outcome->fsync_us;
      told.commit_us = outcome->commit_us;
      if (request.content == entry_content::position_commands)
        for (std::size_t i = 0; i < count && next_position < positions.size(); ++i)
          told.positions.push_back(positions[next_position++]);
    } else {
      told.error = kafka_error::not_leader_or_follower;
      told.outcome = produce_outcome::unknown;
    }
    at = at + request.batch.item.record_count;
    request.done(std::move(told));
  }
}

bool append_queue::withdraw(append_id id) {
  const auto found =
      std::find_if(queue_.begin(), queue_.end(), [id](const queued& one) { return one.id == id; });
  if (found == queue_.end()) return false;
  queued_bytes_ -= static_cast<std::int64_t>(found->request.batch.data.size());
  queue_.erase(found);
  return true;
}

bool append_queue::holds(append_id id) const {
  return std::ranges::find(queue_, id, &queued::id) != queue_.end();
}

void append_queue::refuse_followers(append_id id, std::int64_t producer) {
  const auto follows = [&](const queued& one) {
    const batch_item& item = one.request.batch.item;
    return one.id > id && item.is_idempotent() && item.producer_id == producer;
  };
  std::vector<queued> refused;
  std::deque<queued> kept;
  for (queued& one : std::exchange(queue_, {})) {
    if (follows(one))
      refused.push_back(std::move(one));
    else
      kept.push_back(std::move(one));
  }
  queue_ = std::move(kept);
  for (queued& one : refused) {
    queued_bytes_ -= static_cast<std::int64_t>(one.request.batch.data.size());
    append_outcome told;
    told.error = kafka_error::not_enough_replicas;
    one.request.done(std::move(told));
  }
}

void append_queue::fail_queued(kafka_error error) {
  std::deque<queued> failed = std::exchange(queue_, {});
  queued_bytes_ = 0;
  for (queued& one : failed) {
    append_outcome told;
    told.error = error;
    one.request.done(std::move(told));
  }
}

}  // namespace marquee::broker
