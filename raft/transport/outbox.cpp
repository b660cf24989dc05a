#include "raft/transport/outbox.h"

#include <utility>

#include "raft/transport/batch_codec.h"

namespace marquee::raft {

std::size_t outbox::push(std::vector<group_message> messages) {
  std::size_t dropped = 0;
  {
    const std::lock_guard lock(mutex_);
    if (!open_) return messages.size();
    for (group_message& item : messages) {
      if (item.value.type != message_type::append_request) {
        if (small_.size() < limits_.small_messages_most)
          small_.push_back(std::move(item));
        else
          ++dropped;
        continue;
      }
      const std::size_t size = encoded_bytes(item);
      // An empty queue takes an append of any size: a single large entry must be able to pass.
      if (append_bytes_ == 0 || append_bytes_ + size <= limits_.bytes_most) {
        append_bytes_ += size;
        appends_.push_back(std::move(item));
      } else {
        ++dropped;
      }
    }
  }
  ready_.wake_all();
  return dropped;
}

bool outbox::push_leaders(std::vector<group_leader> leaders) {
  {
    const std::lock_guard lock(mutex_);
    if (!open_ || leaders_.size() + leaders.size() > limits_.leaders_most) return false;
    leaders_.insert(leaders_.end(), leaders.begin(), leaders.end());
  }
  ready_.wake_all();
  return true;
}

void outbox::open() {
  const std::lock_guard lock(mutex_);
  clear_locked();
  open_ = true;
}

void outbox::close() {
  {
    const std::lock_guard lock(mutex_);
    clear_locked();
    open_ = false;
  }
  ready_.wake_all();
}

outbox_batch outbox::take(std::size_t bytes_most) {
  const std::lock_guard lock(mutex_);
  outbox_batch batch;
  batch.leaders = std::exchange(leaders_, {});
  std::size_t size = 0;
  while (!small_.empty() && size < bytes_most) {
    size += encoded_bytes(small_.front());
    batch.messages.push_back(std::move(small_.front()));
    small_.pop_front();
  }
  while (!appends_.empty()) {
    const std::size_t next = encoded_bytes(appends_.front());
    if (size > 0 && size + next > bytes_most) break;
    size += next;
    append_bytes_ -= next;
    batch.messages.push_back(std::move(appends_.front()));
    appends_.pop_front();
  }
  return batch;
}

std::size_t outbox::queued_bytes() const {
  const std::lock_guard lock(mutex_);
  return append_bytes_;
}

void outbox::clear_locked() {
  small_.clear();
  appends_.clear();
  leaders_.clear();
  append_bytes_ = 0;
}

}  // namespace marquee::raft
