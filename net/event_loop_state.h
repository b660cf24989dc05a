#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/intrusive/list.hpp>
#include <condition_variable>
#include <coroutine>
#include <mutex>
#include <thread>

#include "net/deadline_queue.h"
#include "net/event_loop.h"
#include "net/frame_memory.h"

/// What a loop is made of. For the .cpp files of net/ only.
namespace marquee::net {

/// A coroutine that was spawned: the loop owns it from its start to its end.
struct spawned {
  struct promise_type
      : boost::intrusive::list_base_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
    spawned get_return_object() { return {std::coroutine_handle<promise_type>::from_promise(*this)}; }
    std::suspend_always initial_suspend() const noexcept { return {}; }
    std::suspend_never final_suspend() const noexcept { return {}; }
    void return_void() const noexcept {}
    void unhandled_exception() const noexcept { std::terminate(); }
    static void* operator new(std::size_t size) { return frame_pool::allocate(size); }
    static void operator delete(void* frame, std::size_t size) noexcept { frame_pool::release(frame, size); }
  };
  std::coroutine_handle<promise_type> frame;
};

struct event_loop::state {
  state() = default;
  state(const state&) = delete;
  state& operator=(const state&) = delete;
  ~state() {
    // While there still is a loop whose sockets and timers they can let go of.
    while (!coroutines.empty())
      std::coroutine_handle<spawned::promise_type>::from_promise(coroutines.front()).destroy();
  }

  frame_pool frames;
  boost::asio::io_context io{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work{io.get_executor()};
  deadline_queue deadlines{io};
  boost::intrusive::list<spawned::promise_type, boost::intrusive::constant_time_size<false>> coroutines;
  std::thread thread;
  std::mutex mutex;
  std::condition_variable changed;
  bool stopped = false;

  /// The loop whose thread calls. An assertion on other threads.
  [[nodiscard]] static state& current();
};

}  // namespace marquee::net
