#include "net/wake_point.h"

#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <list>
#include <mutex>
#include <optional>

namespace asio = boost::asio;

namespace marquee::net {
namespace {

/// One suspended coroutine. Owned by its frame, so that it never outlives its loop; touched on its loop only.
struct waiter {
  explicit waiter(const asio::any_io_executor& executor) : timer(executor) {}
  asio::steady_timer timer;
  wake_reason reason = wake_reason::deadline_passed;

  /// From any thread: resumes the waiter on its loop. The timer has been started by then, because the
  /// coroutine suspends before its loop gets to the posted work.
  static void resume(const asio::any_io_executor& executor, std::weak_ptr<waiter> self, wake_reason reason) {
    asio::post(executor, [self = std::move(self), reason] {
      if (const auto alive = self.lock()) {
        alive->reason = reason;
        alive->timer.cancel();
      }
    });
  }
};

struct entry {
  asio::any_io_executor executor;
  std::weak_ptr<waiter> self;
};

}  // namespace

struct wake_point::state {
  std::mutex mutex;
  std::uint64_t generation = 0;
  std::list<entry> waiters;

  /// Takes the entry out when the wait ends, in whatever way; also when the frame is destroyed with its loop.
  struct registration {
    std::shared_ptr<state> owner;
    std::list<entry>::iterator position;
    registration(std::shared_ptr<state> to, std::list<entry>::iterator at)
        : owner(std::move(to)), position(at) {}
    registration(const registration&) = delete;
    registration& operator=(const registration&) = delete;
    ~registration() {
      const std::lock_guard lock(owner->mutex);
      owner->waiters.erase(position);
    }
  };
};

wake_point::wake_point() : state_(std::make_shared<state>()) {}

std::uint64_t wake_point::generation() const {
  const std::lock_guard lock(state_->mutex);
  return state_->generation;
}

void wake_point::wake_all() const {
  // Posting under the lock keeps the loops alive: a waiter's frame cannot be destroyed before it is taken
  // out.
  const std::lock_guard lock(state_->mutex);
  ++state_->generation;
  for (const entry& each : state_->waiters) waiter::resume(each.executor, each.self, wake_reason::woken);
}

std::size_t wake_point::waiting() const {
  const std::lock_guard lock(state_->mutex);
  return state_->waiters.size();
}

task<wake_reason> wake_point::wait(std::uint64_t seen, deadline end, std::stop_token cancel) const {
  const std::shared_ptr<state> shared = state_;
  const asio::any_io_executor executor = co_await asio::this_coro::executor;
  const auto self = std::make_shared<waiter>(executor);
  std::optional<state::registration> registered;
  {
    const std::lock_guard lock(shared->mutex);
    if (shared->generation != seen) co_return wake_reason::woken;
    registered.emplace(shared, shared->waiters.insert(shared->waiters.end(), {executor, self}));
  }
  if (cancel.stop_requested()) co_return wake_reason::cancelled;
  const auto on_cancel = [executor, weak = std::weak_ptr<waiter>(self)] {
    waiter::resume(executor, weak, wake_reason::cancelled);
  };
  const std::stop_callback watch(cancel, on_cancel);
  self->timer.expires_at(end.when());
  boost::system::error_code ignored;
  co_await self->timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  co_return self->reason;
}

}  // namespace marquee::net
