#include "booking_app/front_end/live_changes.h"

#include <algorithm>
#include <utility>

namespace marquee::booking {
namespace {

/// Text and the entry itself, roughly.
std::size_t weight(const stream_message& message) {
  return message.text.size() + message.show_id.size() + sizeof(stream_message);
}

}  // namespace

void live_changes::begin_behind(std::int64_t offset) {
  newest_offset_ = offset;
  complete_behind_ = offset;
}

void live_changes::add(std::int64_t offset, std::vector<stream_message> messages) {
  newest_offset_ = offset;
  if (messages.empty()) return;
  for (stream_message& message : messages) {
    bytes_ += weight(message);
    messages_.push_back(std::move(message));
  }
  while (!messages_.empty() && (messages_.size() > bounds_.most_messages || bytes_ > bounds_.most_bytes))
    drop_oldest();
  wake();
}

void live_changes::drop_oldest() {
  complete_behind_ = messages_.front().offset;
  bytes_ -= weight(messages_.front());
  messages_.pop_front();
  ++first_position_;
}

void live_changes::wake() {
  if (wake_is_due_) return;
  if (changed_.waiting() <= bounds_.many_streams) {
    changed_.wake_all();
    return;
  }
  wake_is_due_ = true;
  loop_.post_after_ms(bounds_.pause_ms, [this, alive = std::weak_ptr<bool>(alive_)] {
    if (alive.expired()) return;
    wake_is_due_ = false;
    changed_.wake_all();
  });
}

std::optional<std::uint64_t> live_changes::behind(std::int64_t offset) const {
  if (offset < complete_behind_) return std::nullopt;
  const auto first = std::ranges::upper_bound(messages_, offset, {}, &stream_message::offset);
  return first_position_ + static_cast<std::uint64_t>(first - messages_.begin());
}

live_changes::page live_changes::read(std::uint64_t position, const show_selection& shows,
                                      std::size_t most_bytes) const {
  page out;
  if (position < first_position_) {
    out.missed = true;
    return out;
  }
  std::size_t index = position - first_position_;
  for (; index < messages_.size(); ++index) {
    const stream_message& message = messages_[index];
    // A record is never cut: whoever has seen one message of an offset goes on behind it.
    if (out.text.size() >= most_bytes && message.offset != messages_[index - 1].offset) break;
    if (shows.empty() || std::ranges::binary_search(shows, message.show_id)) out.text += message.text;
  }
  out.next = first_position_ + index;
  return out;
}

}  // namespace marquee::booking
