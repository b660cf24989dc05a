#include "benchmarks/load/native_producer.h"

#include <algorithm>
#include <cstring>

namespace marquee::load {

namespace {

void* to_opaque(steady::time_point time) {
  return reinterpret_cast<void*>(static_cast<std::intptr_t>(time.time_since_epoch().count()));
}

steady::time_point from_opaque(const void* opaque) {
  return steady::time_point(steady::duration(reinterpret_cast<std::intptr_t>(opaque)));
}

}  // namespace

steady::time_point due_time_in(const void* payload) {
  steady::rep count = 0;
  std::memcpy(&count, payload, sizeof count);
  return steady::time_point(steady::duration(count));
}

native_producer::native_producer(const native_options& options, std::int32_t partitions, std::uint64_t number,
                                 record_content content)
    : options_(options),
      partitions_(partitions),
      next_partition_(static_cast<std::int32_t>(number) % partitions),
      content_(content),
      payload_(make_payload(options.load.record_bytes, 1)),
      random_(number),
      client_(make_producer(options, &native_producer::on_delivery, this)),
      topic_(open_topic(client_, options)) {}

void native_producer::on_delivery(rd_kafka_t* /*client*/, const rd_kafka_message_t* message, void* opaque) {
  static_cast<native_producer*>(opaque)->take_report(*message);
}

void native_producer::take_report(const rd_kafka_message_t& message) {
  --under_way_;
  const auto now = steady::now();
  if (message.err != RD_KAFKA_RESP_ERR_NO_ERROR) {
    figures_->failed(now, rd_kafka_err2name(message.err));
    return;
  }
  // Without acknowledgements, and for what was stored by an attempt whose answer was lost, there is no
  // offset.
  if (message.offset < 0)
    figures_->noted("acknowledged without an offset");
  else if (!offsets_.add(message.partition, message.offset))
    figures_->failed(now, "offset given twice");
  figures_->answered(from_opaque(message._private), now, 1, static_cast<std::int64_t>(message.len));
}

bool native_producer::try_to_send(steady::time_point due) {
  char key[16];
  std::size_t key_bytes = 0;
  std::int32_t partition = RD_KAFKA_PARTITION_UA;
  if (options_.load.keys > 0) {
    const auto number = random_() % static_cast<std::uint64_t>(options_.load.keys);
    key_bytes = static_cast<std::size_t>(
        std::snprintf(key, sizeof key, "key-%07llu", static_cast<unsigned long long>(number)));
  } else if (options_.partitioning == "round-robin") {
    partition = next_partition_;
  }
  const bool copies = content_ == record_content::time_it_was_due;
  if (copies) {
    const steady::rep count = due.time_since_epoch().count();
    std::memcpy(payload_.data(), &count, sizeof count);
  }
  // A payload that is the same for every record stays here until all are acknowledged: no copy.
  if (rd_kafka_produce(topic_.get(), partition, copies ? RD_KAFKA_MSG_F_COPY : 0, payload_.data(),
                       payload_.size(), key_bytes > 0 ? key : nullptr, key_bytes, to_opaque(due)) != 0) {
    const auto problem = rd_kafka_last_error();
    if (problem != RD_KAFKA_RESP_ERR__QUEUE_FULL) figures_->failed(steady::now(), rd_kafka_err2name(problem));
    return false;
  }
  next_partition_ = (next_partition_ + 1) % partitions_;
  ++under_way_;
  return true;
}

void native_producer::send_one(steady::time_point due) {
  while (!try_to_send(due)) rd_kafka_poll(client_.get(), 10);
}

void native_producer::run(steady::time_point start, double share) {
  figures_.emplace(options_.load.make_figures(start));
  const auto end = figures_->window().end;
  std::optional<load_schedule> schedule;
  if (options_.load.rate > 0) schedule.emplace(start, end, options_.load.rate * share);
  for (auto now = steady::now(); now < end; now = steady::now()) {
    int sent = 0;
    while (under_way_ < options_.in_flight && sent < 1000 && (!schedule || schedule->is_due(now))) {
      auto due = now;
      if (schedule) {
        due = schedule->next_due();
        schedule->take();
      } else {
        due = steady::now();
      }
      send_one(due);
      ++sent;
    }
    // Full: sleep until a report comes. Else look for reports and go on.
    int wait_ms = 0;
    if (under_way_ >= options_.in_flight)
      wait_ms = 100;
    else if (schedule && !schedule->is_due(steady::now()))
      wait_ms = 1;
    rd_kafka_poll(client_.get(), wait_ms);
  }
  // What was due in the last moments, while this thread slept.
  while (schedule && under_way_ < options_.in_flight && schedule->is_due(end)) {
    const auto due = schedule->next_due();
    schedule->take();
    send_one(due);
  }
  const auto last_wait = end + to_duration(options_.load.timeout_seconds + 1);
  while (under_way_ > 0 && steady::now() < last_wait) rd_kafka_poll(client_.get(), 50);
  if (under_way_ > 0) figures_->failed(end, "no delivery report in time", under_way_);
  if (schedule)
    if (const std::int64_t left = schedule->left_over(); left > 0)
      figures_->failed(end, "not sent in time: too many in flight", left);
}

}  // namespace marquee::load
