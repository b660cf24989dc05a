#include "net/task.h"

#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "net/event_loop.h"

namespace marquee::net {
namespace {

task<std::unique_ptr<int>> make_number(int number) {
  co_await yield_to_others();
  co_return std::make_unique<int>(number);
}

task<int> fail_at_once() {
  throw std::runtime_error("no");
  co_return 1;
}

TEST(task, hands_its_result_to_whoever_awaits_it) {
  event_loop loop("test");
  int seen = 0;
  loop.spawn_and_wait([&]() -> task<> { seen = *co_await make_number(7); });
  EXPECT_EQ(seen, 7);
}

TEST(task, throws_what_left_it_where_it_is_awaited) {
  event_loop loop("test");
  std::string seen;
  loop.spawn_and_wait([&]() -> task<> {
    try {
      co_await fail_at_once();
    } catch (const std::runtime_error& e) {
      seen = e.what();
    }
  });
  EXPECT_EQ(seen, "no");
}

TEST(task, that_is_never_awaited_does_nothing) {
  bool ran = false;
  {
    const task<> unused = [](bool& flag) -> task<> {
      flag = true;
      co_return;
    }(ran);
  }
  EXPECT_FALSE(ran);
}

TEST(task, needs_no_stack_for_a_hundred_thousand_that_end_at_once) {
  event_loop loop("test");
  int count = 0;
  const auto one_more = [](int& counter) -> task<> {
    ++counter;
    co_return;
  };
  loop.spawn_and_wait([&]() -> task<> {
    for (int i = 0; i < 100'000; ++i) co_await one_more(count);
  });
  EXPECT_EQ(count, 100'000);
}

TEST(event_loop, starts_a_coroutine_at_once_when_it_is_spawned_on_the_loop) {
  event_loop loop("test");
  std::string order;
  std::promise<void> ended;
  loop.run_and_wait([&] {
    loop.spawn([&]() -> task<> {
      order += "a";
      co_await yield_to_others();
      order += "c";
      ended.set_value();
    });
    order += "b";
  });
  ended.get_future().wait();
  EXPECT_EQ(order, "abc");
}

TEST(event_loop, ends_sleeps_in_the_order_of_their_ends_whatever_the_order_of_their_beginnings) {
  event_loop loop("test");
  std::vector<int> order;
  const auto sleeper = [&order](int after_ms) -> task<> {
    co_await sleep_ms(after_ms);
    order.push_back(after_ms);
  };
  loop.run_and_wait([&] {
    for (const int after_ms : {3'600'000, 30, 10, 20})
      loop.spawn([&, after_ms] { return sleeper(after_ms); });
  });
  loop.spawn_and_wait([]() -> task<> { co_await sleep_ms(40); });
  EXPECT_EQ(order, (std::vector<int>{10, 20, 30}));
}

TEST(frame_pool, hands_out_on_a_loop_what_it_got_back) {
  event_loop loop("test");
  loop.run_and_wait([] {
    void* const first = frame_pool::allocate(300);
    frame_pool::release(first, 300);
    void* const again = frame_pool::allocate(290);
    void* const another = frame_pool::allocate(300);
    EXPECT_NE(again, another);
    frame_pool::release(again, 290);
    frame_pool::release(another, 300);
    void* const large = frame_pool::allocate(1 << 20);
    frame_pool::release(large, 1 << 20);
  });
}

TEST(frame_pool, takes_back_on_any_thread_what_was_made_on_another) {
  void* frame = frame_pool::allocate(300);
  event_loop loop("test");
  loop.run_and_wait([&] {
    frame_pool::release(frame, 300);
    frame = frame_pool::allocate(300);
  });
  frame_pool::release(frame, 300);
}

}  // namespace
}  // namespace marquee::net
