#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <utility>
#include <vector>

namespace marquee::raft {

/// Who wants to be looked at, and when: so that what is idle costs nothing. `Item` has a member
/// `queued_deadline_ms`, `never` at first, which belongs to the queue.
///
/// A deadline that moves later is the usual case (each heartbeat of a leader does it), so it costs nothing:
/// the item stays where it is, is taken too early once, and says anew when it wants to be looked at. One that
/// moves earlier is queued a second time, and the later place counts no more.
///
/// Owned by a partition thread, and on that thread only. Keeps an item alive until it is taken or removed.
template <class Item>
class deadline_queue {
 public:
  static constexpr std::int64_t never = std::numeric_limits<std::int64_t>::max();

  /// To be looked at at `deadline_ms`, at the latest.
  void set(const std::shared_ptr<Item>& item, std::int64_t deadline_ms) {
    if (deadline_ms >= item->queued_deadline_ms) return;
    item->queued_deadline_ms = deadline_ms;
    heap_.push_back({deadline_ms, item});
    std::ranges::push_heap(heap_, later);
  }

  /// Those whose time has come, the earliest first. Each has to be `set` again.
  [[nodiscard]] std::vector<std::shared_ptr<Item>> take_due(std::int64_t now_ms) {
    std::vector<std::shared_ptr<Item>> due;
    while (!heap_.empty() && heap_.front().deadline_ms <= now_ms) {
      std::ranges::pop_heap(heap_, later);
      place taken = std::move(heap_.back());
      heap_.pop_back();
      if (taken.item->queued_deadline_ms != taken.deadline_ms) continue;
      taken.item->queued_deadline_ms = never;
      due.push_back(std::move(taken.item));
    }
    return due;
  }

  void remove(Item& item) {
    item.queued_deadline_ms = never;
    std::erase_if(heap_, [&](const place& each) { return each.item.get() == &item; });
    std::ranges::make_heap(heap_, later);
  }

  /// Places, which may be more than items.
  [[nodiscard]] std::size_t size() const { return heap_.size(); }

 private:
  struct place {
    std::int64_t deadline_ms = 0;
    std::shared_ptr<Item> item;
  };
  static bool later(const place& one, const place& other) { return one.deadline_ms > other.deadline_ms; }

  std::vector<place> heap_;
};

}  // namespace marquee::raft
