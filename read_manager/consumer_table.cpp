#include "read_manager/consumer_table.h"

#include <algorithm>

namespace marquee::read_manager {

consumer_pointer consumer_table::find(const std::string& id) {
  const auto found = consumers_.find(id);
  if (found == consumers_.end()) return nullptr;
  if (found->second->lost) {
    consumers_.erase(found);
    return nullptr;
  }
  return found->second;
}

void consumer_table::insert(const consumer_pointer& consumer) {
  make_room();
  consumers_[consumer->who.id] = consumer;
}

void consumer_table::erase(const std::string& id) {
  const auto found = consumers_.find(id);
  if (found == consumers_.end()) return;
  found->second->lost = true;
  found->second->changed.wake_all();
  consumers_.erase(found);
}

void consumer_table::make_room() {
  while (consumers_.size() >= most_) {
    auto oldest = consumers_.end();
    for (auto item = consumers_.begin(); item != consumers_.end(); ++item) {
      const owned_consumer& consumer = *item->second;
      const bool idle = !consumer.busy && !consumer.committing;
      if (idle && (oldest == consumers_.end() || consumer.last_used_us < oldest->second->last_used_us))
        oldest = item;
    }
    if (oldest == consumers_.end())
      return;  // all are being worked for: their number is bounded by the connections
    oldest->second->lost = true;
    consumers_.erase(oldest);
  }
}

void consumer_table::wake_all() const {
  for (const auto& [id, consumer] : consumers_) consumer->changed.wake_all();
}

std::size_t consumer_table::free_memory(std::int64_t idle_since_us, std::size_t most_bytes) {
  std::size_t held = 0;
  std::multimap<std::int64_t, consumer_pointer> by_age;
  for (const auto& [id, consumer] : consumers_) {
    if (!consumer->busy && consumer->last_used_us < idle_since_us && consumer->session.read_ahead_bytes() > 0)
      consumer->session.drop_read_ahead();
    const std::size_t size = consumer->session.read_ahead_bytes() + consumer->session.last_answer_bytes();
    held += size;
    if (size > 0 && !consumer->busy) by_age.emplace(consumer->last_used_us, consumer);
  }
  for (const auto& [used_us, consumer] : by_age) {
    if (held <= most_bytes) break;
    held -= consumer->session.read_ahead_bytes();
    consumer->session.drop_read_ahead();
  }
  for (const auto& [used_us, consumer] : by_age) {
    if (held <= most_bytes) break;
    held -= consumer->session.last_answer_bytes();
    consumer->session.forget_last_answer();
  }
  return held;
}

std::int64_t consumer_table::largest_lag() const {
  std::int64_t largest = 0;
  for (const auto& [id, consumer] : consumers_) {
    std::int64_t lag = 0;
    for (std::int32_t number = 0; number < consumer->session.partition_count(); ++number) {
      const partition_buffer* partition = consumer->session.partition(number);
      if (partition != nullptr && partition->high_watermark())
        lag += std::max<std::int64_t>(0, *partition->high_watermark() - partition->position());
    }
    largest = std::max(largest, lag);
  }
  return largest;
}

}  // namespace marquee::read_manager
