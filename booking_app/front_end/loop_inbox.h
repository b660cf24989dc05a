#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "net/event_loop.h"

namespace marquee::booking {

/// Brings items of other threads to a loop: one turn of the loop takes all that came meanwhile. `put` from
/// any thread, also after `close` (what comes then is dropped). What bounds the items bounds the inbox.
template <class Item>
class loop_inbox {
 public:
  using receiver = std::function<void(std::vector<Item>)>;

  /// `on_items` is called on the loop, in the order of `put`.
  loop_inbox(net::event_loop& loop, receiver on_items) : shared_(std::make_shared<shared>()) {
    shared_->loop = &loop;
    shared_->on_items = std::move(on_items);
  }
  loop_inbox(const loop_inbox&) = delete;
  loop_inbox& operator=(const loop_inbox&) = delete;

  void put(Item item) {
    {
      const std::lock_guard lock(shared_->mutex);
      if (shared_->closed) return;
      shared_->items.push_back(std::move(item));
      if (std::exchange(shared_->posted, true)) return;
    }
    shared_->loop->post([all = shared_] {
      std::vector<Item> items;
      {
        const std::lock_guard lock(all->mutex);
        all->posted = false;
        items.swap(all->items);
        if (all->closed) return;
      }
      all->on_items(std::move(items));
    });
  }

  /// The receiver is not called any more once this returns, if it is called on the loop or after its end.
  void close() {
    const std::lock_guard lock(shared_->mutex);
    shared_->closed = true;
    shared_->items.clear();
  }

 private:
  struct shared {
    net::event_loop* loop = nullptr;
    receiver on_items;
    std::mutex mutex;
    std::vector<Item> items;
    bool posted = false;
    bool closed = false;
  };
  std::shared_ptr<shared> shared_;
};

}  // namespace marquee::booking
