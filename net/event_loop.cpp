#include "net/event_loop.h"

#include <pthread.h>

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <exception>
#include <utility>

#include "base/assert.h"
#include "base/logging.h"
#include "net/event_loop_state.h"

namespace asio = boost::asio;

namespace marquee::net {
namespace {

void log_exception(const std::string& loop, const std::exception_ptr& problem) {
  try {
    std::rethrow_exception(problem);
  } catch (const std::exception& e) {
    log_error("net", "an exception left a callback or coroutine of loop {}: {}", loop,
              escape_for_log(e.what()));
  } catch (...) {
    log_error("net", "an unknown exception left a callback or coroutine of loop {}", loop);
  }
}

constinit thread_local event_loop::state* current_loop = nullptr;

spawned run_spawned(const event_loop& loop, std::move_only_function<task<void>()> coroutine) {
  try {
    co_await coroutine();
  } catch (...) {
    log_exception(loop.name(), std::current_exception());
  }
}

/// A wait for nothing but its end.
class time_wait final : public deadline_entry {
 public:
  explicit time_wait(deadline end) : end_(end) {}
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> caller) {
    caller_ = caller;
    event_loop::state::current().deadlines.add(*this, end_);
  }
  void await_resume() const noexcept {}
  void on_deadline() override { caller_.resume(); }

 private:
  const deadline end_;
  std::coroutine_handle<> caller_;
};

/// A wait for its turn in the queue of the loop.
struct turn_wait {
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> caller) const {
    asio::post(event_loop::state::current().io, [caller] { caller.resume(); });
  }
  void await_resume() const noexcept {}
};

}  // namespace

event_loop::state& event_loop::state::current() {
  MARQUEE_ASSERT(current_loop != nullptr, "a coroutine waits on the thread of a loop only");
  return *current_loop;
}

event_loop::event_loop(std::string name) : name_(std::move(name)), state_(std::make_unique<state>()) {
  state_->thread = std::thread([this] {
    pthread_setname_np(pthread_self(), name_.substr(0, 15).c_str());
    current_loop = state_.get();
    frame_pool::use_on_this_thread(&state_->frames);
    for (;;) {
      try {
        state_->io.run();
        return;
      } catch (...) {
        log_exception(name_, std::current_exception());
      }
    }
  });
}

event_loop::~event_loop() {
  stop();
}

void event_loop::post(std::move_only_function<void()> work) {
  asio::post(state_->io, std::move(work));
}

void event_loop::post_after_ms(std::int64_t delay_ms, std::move_only_function<void()> work) {
  auto timer = std::make_shared<asio::steady_timer>(state_->io, std::chrono::milliseconds(delay_ms));
  // A timer belongs to the loop's thread, so the wait is begun there.
  asio::post(state_->io, [timer, work = std::move(work)]() mutable {
    timer->async_wait([timer, work = std::move(work)](const boost::system::error_code& ec) mutable {
      if (!ec) work();
    });
  });
}

void event_loop::spawn(std::move_only_function<task<void>()> coroutine) {
  auto start = [this, coroutine = std::move(coroutine)]() mutable {
    const spawned made = run_spawned(*this, std::move(coroutine));
    state_->coroutines.push_back(made.frame.promise());
    made.frame.resume();
  };
  if (on_this_thread())
    start();
  else
    asio::post(state_->io, std::move(start));
}

void event_loop::run_and_wait(std::move_only_function<void()> work) {
  MARQUEE_ASSERT(!on_this_thread(), "a loop cannot wait for itself");
  struct progress {
    std::move_only_function<void()> work;
    bool done = false;
  };
  auto shared = std::make_shared<progress>(std::move(work));
  std::unique_lock lock(state_->mutex);
  if (!state_->stopped) {
    asio::post(state_->io, [this, shared] {
      shared->work();
      const std::lock_guard inner(state_->mutex);
      shared->done = true;
      state_->changed.notify_all();
    });
    state_->changed.wait(lock, [&] { return shared->done || state_->stopped; });
    if (shared->done) return;
  }
  // The thread has ended, so the caller may stand in for it.
  lock.unlock();
  shared->work();
}

void event_loop::spawn_and_wait(std::move_only_function<task<void>()> coroutine) {
  MARQUEE_ASSERT(!on_this_thread(), "a loop cannot wait for itself");
  auto done = std::make_shared<bool>(false);
  spawn([this, done, coroutine = std::move(coroutine)]() mutable -> task<void> {
    try {
      co_await coroutine();
    } catch (...) {
      log_exception(name_, std::current_exception());
    }
    const std::lock_guard lock(state_->mutex);
    *done = true;
    state_->changed.notify_all();
  });
  std::unique_lock lock(state_->mutex);
  state_->changed.wait(lock, [&] { return *done || state_->stopped; });
}

bool event_loop::on_this_thread() const {
  return std::this_thread::get_id() == state_->thread.get_id();
}

void event_loop::stop() {
  MARQUEE_ASSERT(!on_this_thread(), "a loop cannot stop itself");
  if (!state_->thread.joinable()) return;
  state_->io.stop();
  state_->thread.join();
  const std::lock_guard lock(state_->mutex);
  state_->stopped = true;
  state_->changed.notify_all();
}

task<> sleep_until(deadline end) {
  co_await time_wait(end);
}

task<> sleep_ms(std::int64_t duration_ms) {
  return sleep_until(deadline::in_ms(duration_ms));
}

task<> yield_to_others() {
  co_await turn_wait();
}

}  // namespace marquee::net
