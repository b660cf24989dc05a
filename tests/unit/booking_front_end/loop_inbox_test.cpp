#include "booking_app/front_end/loop_inbox.h"

#include <gtest/gtest.h>

#include <numeric>
#include <thread>

#include "booking_app/front_end/feed_gate.h"

namespace marquee::booking {
namespace {

TEST(loop_inbox, brings_everything_in_order) {
  net::event_loop loop("inbox");
  std::vector<int> got;
  loop_inbox<int> inbox(loop,
                        [&](std::vector<int> items) { got.insert(got.end(), items.begin(), items.end()); });
  std::thread sender([&] {
    for (int i = 0; i < 10'000; ++i) inbox.put(i);
  });
  sender.join();
  loop.run_and_wait([] {});
  std::vector<int> wanted(10'000);
  std::iota(wanted.begin(), wanted.end(), 0);
  EXPECT_EQ(got, wanted);
}

TEST(loop_inbox, drops_what_comes_after_its_end) {
  net::event_loop loop("inbox");
  int got = 0;
  loop_inbox<int> inbox(loop, [&](std::vector<int> items) { got += static_cast<int>(items.size()); });
  loop.run_and_wait([&] {
    inbox.put(1);
    inbox.close();
  });
  inbox.put(2);
  loop.run_and_wait([] {});
  EXPECT_EQ(got, 0);
}

TEST(feed_gate, holds_a_feed_up_until_there_is_room) {
  feed_gate gate(100);
  gate.enter(150);
  std::thread feed([&] { gate.enter(10); });
  gate.arrived(150, 120);
  gate.set_waiting(50);
  feed.join();
  gate.arrived(10, 0);
}

TEST(feed_gate, lets_everybody_through_when_it_is_opened) {
  feed_gate gate(1);
  gate.enter(10);
  std::thread feed([&] { gate.enter(10); });
  gate.open();
  feed.join();
}

}  // namespace
}  // namespace marquee::booking
