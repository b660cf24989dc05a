#include "cli/produce_job.h"

#include <chrono>
#include <utility>

#include "client/producer.h"

namespace marquee::cli {

produce_job::produce_job(produce_options options)
    : options_(std::move(options)), started_us_(clock_.monotonic_us()) {
  for (std::int64_t i = 0; i < options_.connections; ++i) lanes_.push_back(std::make_unique<lane>());
  running_ = lanes_.size();
  for (auto& one : lanes_) one->thread = std::thread([this, &own = *one] { run(own); });
}

produce_job::~produce_job() {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    for (auto& one : lanes_) {
      one->queue.clear();
      one->changed.notify_all();
    }
  }
  for (auto& one : lanes_)
    if (one->thread.joinable()) one->thread.join();
}

produce_job::lane& produce_job::lane_of(const input_record& record) {
  if (options_.partition) return *lanes_.front();
  if (record.key) return *lanes_[std::hash<std::string>{}(*record.key) % lanes_.size()];
  // Without a key any connection will do: the next one with room.
  for (std::size_t i = 0; i < lanes_.size(); ++i) {
    next_lane_ = (next_lane_ + 1) % lanes_.size();
    if (lanes_[next_lane_]->queue.size() < queue_limit) break;
  }
  return *lanes_[next_lane_];
}

bool produce_job::add(input_record& record, std::int64_t patience_ms) {
  std::unique_lock lock(mutex_);
  lane* target = &lane_of(record);
  const auto has_room = [&] {
    if (!record.key && !options_.partition) target = &lane_of(record);
    return failure_ || target->queue.size() < queue_limit;
  };
  if (!progressed_.wait_for(lock, std::chrono::milliseconds(patience_ms), has_room) || failure_) return false;
  target->queue.push_back(std::move(record));
  target->changed.notify_one();
  return true;
}

void produce_job::run(lane& own) {
  client::producer producer(options_.client, options_.topic, options_.producer_id);
  std::unique_lock lock(mutex_);
  while (true) {
    own.changed.wait(lock, [&] { return !own.queue.empty() || closed_ || failure_; });
    if (own.queue.empty() || failure_) break;
    const input_record record = std::move(own.queue.front());
    own.queue.pop_front();
    progressed_.notify_all();
    lock.unlock();

    client::message message;
    message.value = record.value;
    message.key = record.key;
    message.partition = options_.partition;
    message.headers = options_.headers;
    const std::int64_t sent_us = clock_.monotonic_us();
    const auto stored = producer.produce(message, record.number);
    const std::int64_t latency_us = clock_.monotonic_us() - sent_us;

    lock.lock();
    if (stored) {
      note_stored(record, *stored, latency_us);
    } else {
      if (!failure_) failure_ = stored.error();
      for (auto& one : lanes_) one->changed.notify_all();
    }
  }
  repeated_attempts_ += producer.repeated_attempts();
  --running_;
  progressed_.notify_all();
}

void produce_job::note_stored(const input_record& record, const client::stored_message& stored,
                              std::int64_t latency_us) {
  ++records_;
  bytes_ += static_cast<std::int64_t>(record.value.size());
  duplicates_ += stored.duplicate ? 1 : 0;
  latencies_.add(latency_us);
  stored_above_.insert(record.number);
  while (!stored_above_.empty() && *stored_above_.begin() == stored_below_) {
    stored_above_.erase(stored_above_.begin());
    ++stored_below_;
  }
}

void produce_job::finish(const std::function<void()>& on_wait) {
  std::unique_lock lock(mutex_);
  closed_ = true;
  for (auto& one : lanes_) one->changed.notify_all();
  while (running_ > 0) {
    progressed_.wait_for(lock, std::chrono::milliseconds(100), [&] { return running_ == 0; });
    lock.unlock();
    on_wait();
    lock.lock();
  }
}

bool produce_job::has_failed() {
  const std::lock_guard lock(mutex_);
  return failure_.has_value();
}

std::optional<client::api_failure> produce_job::failure() {
  const std::lock_guard lock(mutex_);
  return failure_;
}

job_figures produce_job::figures() {
  const std::lock_guard lock(mutex_);
  return {records_, bytes_, clock_.monotonic_us() - started_us_, latencies_.percentile_us(0.99)};
}

std::int64_t produce_job::stored_below() {
  const std::lock_guard lock(mutex_);
  return stored_below_;
}

std::int64_t produce_job::duplicates() {
  const std::lock_guard lock(mutex_);
  return duplicates_;
}

std::int64_t produce_job::repeated_attempts() {
  const std::lock_guard lock(mutex_);
  return repeated_attempts_;
}

void produce_job::begin_at(std::int64_t number) {
  const std::lock_guard lock(mutex_);
  stored_below_ = number;
}

}  // namespace marquee::cli
