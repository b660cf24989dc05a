#include "net/event_loop.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <stdexcept>
#include <thread>

#include "net/future.h"

namespace marquee::net {
namespace {

TEST(event_loop, runs_posted_work_on_its_own_thread_in_order) {
  event_loop loop("test");
  std::string order;
  bool on_loop = false;
  loop.post([&] { order += "a"; });
  loop.post([&] { order += "b"; });
  loop.run_and_wait([&] {
    on_loop = loop.on_this_thread();
    order += "c";
  });
  EXPECT_EQ(order, "abc");
  EXPECT_TRUE(on_loop);
  EXPECT_FALSE(loop.on_this_thread());
}

TEST(event_loop, survives_exceptions_of_callbacks_and_coroutines) {
  event_loop loop("test");
  loop.post([] { throw std::runtime_error("callback"); });
  loop.spawn([]() -> task<void> {
    co_await sleep_ms(0);
    throw std::runtime_error("coroutine");
  });
  bool ran = false;
  loop.spawn_and_wait([&]() -> task<void> {
    co_await sleep_ms(1);
    ran = true;
  });
  EXPECT_TRUE(ran);
}

TEST(event_loop, runs_the_work_of_a_waiter_itself_when_it_has_stopped) {
  event_loop loop("test");
  loop.stop();
  bool ran = false;
  loop.run_and_wait([&] { ran = true; });
  EXPECT_TRUE(ran);
}

TEST(event_loop, destroys_what_is_suspended_when_it_ends) {
  auto witness = std::make_shared<int>(1);
  std::weak_ptr<int> watch = witness;
  {
    event_loop loop("test");
    loop.spawn([witness]() -> task<void> {
      co_await sleep_ms(3'600'000);
      EXPECT_EQ(*witness, 2) << "never reached";
    });
    witness.reset();
    loop.run_and_wait([] {});
  }
  EXPECT_TRUE(watch.expired());
}

TEST(event_loop, calls_delayed_work_not_before_its_time) {
  event_loop loop("test");
  std::promise<void> called;
  const auto start = std::chrono::steady_clock::now();
  loop.post_after_ms(20, [&] { called.set_value(); });
  called.get_future().wait();
  EXPECT_GE(std::chrono::steady_clock::now() - start, std::chrono::milliseconds(20));
}

TEST(future, hands_over_what_another_thread_sets) {
  event_loop loop("test");
  promise<std::string> answer;
  auto waiting = answer.get_future();
  std::thread other;
  result<std::string> seen = fail(error_code::internal, "nothing");
  loop.spawn_and_wait([&]() -> task<void> {
    other = std::thread([answer] { answer.set(std::string("hello")); });
    seen = co_await waiting.wait(deadline::in_ms(10'000));
  });
  other.join();
  ASSERT_TRUE(seen.has_value());
  EXPECT_EQ(*seen, "hello");
}

TEST(future, times_out_and_can_be_waited_for_again) {
  event_loop loop("test");
  promise<int> answer;
  auto waiting = answer.get_future();
  loop.spawn_and_wait([&]() -> task<void> {
    const auto first = co_await waiting.wait(deadline::in_ms(1));
    EXPECT_FALSE(first.has_value());
    EXPECT_EQ(first.error().code, error_code::timed_out);
    answer.set(7);
    EXPECT_FALSE(answer.set(8)) << "the first answer counts";
    const auto second = co_await waiting.wait(deadline::in_ms(10'000));
    EXPECT_TRUE(second.has_value() && *second == 7);
  });
}

TEST(future, fails_when_the_last_promise_is_dropped) {
  event_loop loop("test");
  auto answer = std::make_unique<promise<>>();
  auto waiting = answer->get_future();
  loop.spawn_and_wait([&]() -> task<void> {
    loop.post([&] { answer.reset(); });
    const auto outcome = co_await waiting.wait();
    EXPECT_FALSE(outcome.has_value());
    EXPECT_EQ(outcome.error().code, error_code::cancelled);
  });
}

TEST(future, stops_waiting_when_it_is_cancelled_from_another_thread) {
  event_loop loop("test");
  promise<> answer;
  auto waiting = answer.get_future();
  std::stop_source cancel;
  std::thread other;
  loop.spawn_and_wait([&]() -> task<void> {
    other = std::thread([&] { cancel.request_stop(); });
    const auto outcome = co_await waiting.wait(deadline::never(), cancel.get_token());
    EXPECT_FALSE(outcome.has_value());
    EXPECT_EQ(outcome.error().code, error_code::cancelled);
  });
  other.join();
}

TEST(wake_point, does_not_lose_a_wake_between_look_and_wait) {
  event_loop loop("test");
  notifier point;
  loop.spawn_and_wait([&]() -> task<void> {
    const auto seen = point.generation();
    point.wake_all();
    EXPECT_EQ(co_await point.wait(seen, deadline::in_ms(10'000)), wake_reason::woken);
  });
}

TEST(wake_point, wakes_waiters_of_several_loops) {
  event_loop first("first");
  event_loop second("second");
  notifier point;
  std::atomic<int> woken{0};
  const auto seen = point.generation();
  for (event_loop* loop : {&first, &second})
    for (int i = 0; i < 10; ++i)
      loop->spawn([&]() -> task<void> {
        if (co_await point.wait(seen) == wake_reason::woken) ++woken;
      });
  while (point.waiting() < 20) std::this_thread::yield();
  point.wake_all();
  while (woken < 20) std::this_thread::yield();
  EXPECT_EQ(woken, 20);
}

TEST(wake_point, outlives_the_loop_of_its_waiters) {
  notifier point;
  {
    event_loop loop("test");
    loop.spawn([&]() -> task<void> { (void)co_await point.wait(point.generation()); });
    while (point.waiting() == 0) std::this_thread::yield();
  }
  EXPECT_EQ(point.waiting(), 0U);
  point.wake_all();
}

}  // namespace
}  // namespace marquee::net
