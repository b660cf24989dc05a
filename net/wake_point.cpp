#include "net/wake_point.h"

#include <boost/asio/post.hpp>
#include <boost/intrusive/list.hpp>
#include <functional>
#include <mutex>
#include <optional>

#include "net/event_loop_state.h"

namespace asio = boost::asio;
namespace intrusive = boost::intrusive;

namespace marquee::net {

namespace {
struct listed : intrusive::list_base_hook<> {
  /// Takes it out of its list and lets it go on in a turn of its loop. With the lock of its wake point.
  virtual void go_on_locked(wake_reason reason) = 0;

 protected:
  ~listed() = default;
};
}  // namespace

struct wake_point::state {
  class waiter;
  std::mutex mutex;
  std::uint64_t generation = 0;
  intrusive::list<listed> waiters;
};

/// One suspended coroutine. Lives in its frame, and leaves the list of its wake point exactly once: with the
/// one reason for which it goes on. After that nothing but the turn that was posted resumes it, so that turn
/// always finds it alive.
class wake_point::state::waiter final : public deadline_entry, public listed {
 public:
  waiter(std::shared_ptr<state> owner, std::uint64_t seen, deadline end, std::stop_token cancel)
      : owner_(std::move(owner)), seen_(seen), end_(end), cancel_(std::move(cancel)) {}
  waiter(const waiter&) = delete;
  waiter& operator=(const waiter&) = delete;
  ~waiter() {
    // Also when the frame is destroyed with its loop.
    on_cancel_.reset();
    static_cast<void>(leave(wake_reason::cancelled));
  }

  bool await_ready() const noexcept { return false; }
  bool await_suspend(std::coroutine_handle<> caller) {
    caller_ = caller;
    {
      const std::lock_guard lock(owner_->mutex);
      if (owner_->generation != seen_) {
        reason_ = wake_reason::woken;
        return false;
      }
      owner_->waiters.push_back(*this);
      registered_ = true;
    }
    loop_.deadlines.add(*this, end_);
    if (cancel_.stop_possible()) on_cancel_.emplace(cancel_, canceller{this});
    return true;
  }
  wake_reason await_resume() const noexcept { return reason_; }

  /// The lock keeps the loop alive: a waiter's frame cannot be destroyed before it has left.
  void go_on_locked(wake_reason reason) override {
    registered_ = false;
    reason_ = reason;
    owner_->waiters.erase(owner_->waiters.iterator_to(*this));
    asio::post(loop_.io, [this] {
      take_out();
      caller_.resume();
    });
  }

 private:
  struct canceller {
    waiter* self;
    void operator()() const {
      const std::lock_guard lock(self->owner_->mutex);
      if (self->registered_) self->go_on_locked(wake_reason::cancelled);
    }
  };

  void on_deadline() override {
    if (leave(wake_reason::deadline_passed)) caller_.resume();
  }
  /// False: somebody else has decided already, and its turn is on the way.
  bool leave(wake_reason reason) {
    const std::lock_guard lock(owner_->mutex);
    if (!registered_) return false;
    registered_ = false;
    reason_ = reason;
    owner_->waiters.erase(owner_->waiters.iterator_to(*this));
    return true;
  }

  const std::shared_ptr<state> owner_;
  const std::uint64_t seen_;
  const deadline end_;
  const std::stop_token cancel_;
  event_loop::state& loop_ = event_loop::state::current();
  std::coroutine_handle<> caller_;
  bool registered_ = false;
  wake_reason reason_ = wake_reason::woken;
  std::optional<std::stop_callback<canceller>> on_cancel_;
};

wake_point::wake_point() : state_(std::make_shared<state>()) {}

std::uint64_t wake_point::generation() const {
  const std::lock_guard lock(state_->mutex);
  return state_->generation;
}

void wake_point::wake_all() const {
  const std::lock_guard lock(state_->mutex);
  ++state_->generation;
  while (!state_->waiters.empty()) state_->waiters.front().go_on_locked(wake_reason::woken);
}

std::size_t wake_point::waiting() const {
  const std::lock_guard lock(state_->mutex);
  return state_->waiters.size();
}

task<wake_reason> wake_point::wait(std::uint64_t seen, deadline end, std::stop_token cancel) const {
  co_return co_await state::waiter(state_, seen, end, std::move(cancel));
}

}  // namespace marquee::net
