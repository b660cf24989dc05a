#include "net/event_loop.h"

#include <pthread.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <thread>
#include <utility>

#include "base/assert.h"
#include "base/logging.h"

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

}  // namespace

struct event_loop::state {
  asio::io_context io{1};
  asio::executor_work_guard<asio::io_context::executor_type> work{io.get_executor()};
  std::thread thread;
  std::mutex mutex;
  std::condition_variable changed;
  bool stopped = false;
};

event_loop::event_loop(std::string name) : name_(std::move(name)), state_(std::make_unique<state>()) {
  state_->thread = std::thread([this] {
    pthread_setname_np(pthread_self(), name_.substr(0, 15).c_str());
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
  asio::co_spawn(state_->io, std::move(coroutine), [this](const std::exception_ptr& problem) {
    if (problem) log_exception(name_, problem);
  });
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

asio::any_io_executor event_loop::executor() const {
  return state_->io.get_executor();
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
  asio::steady_timer timer(co_await asio::this_coro::executor, end.when());
  boost::system::error_code ignored;
  co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
}

task<> sleep_ms(std::int64_t duration_ms) {
  return sleep_until(deadline::in_ms(duration_ms));
}

task<> yield_to_others() {
  co_await asio::post(co_await asio::this_coro::executor, asio::use_awaitable);
}

}  // namespace marquee::net
