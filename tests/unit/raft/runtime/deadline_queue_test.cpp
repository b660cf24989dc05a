#include "raft/runtime/deadline_queue.h"

#include <gtest/gtest.h>

#include <map>
#include <string>

#include "base/random.h"

namespace marquee::raft {
namespace {

struct item {
  std::string name;
  std::int64_t queued_deadline_ms = deadline_queue<item>::never;
};

std::shared_ptr<item> named(std::string name) {
  return std::make_shared<item>(item{std::move(name)});
}

std::vector<std::string> due(deadline_queue<item>& queue, std::int64_t now_ms) {
  std::vector<std::string> names;
  for (const auto& each : queue.take_due(now_ms)) names.push_back(each->name);
  return names;
}

using names = std::vector<std::string>;

TEST(deadline_queue, gives_what_is_due_and_leaves_the_idle_alone) {
  deadline_queue<item> queue;
  const auto one = named("one");
  const auto other = named("other");
  queue.set(one, 100);
  queue.set(other, 700);
  EXPECT_EQ(due(queue, 99), names{});
  EXPECT_EQ(due(queue, 100), names{"one"});
  EXPECT_EQ(due(queue, 699), names{});
  EXPECT_EQ(due(queue, 5000), names{"other"});
  EXPECT_EQ(due(queue, 5000), names{});
}

TEST(deadline_queue, honours_a_deadline_that_moves_earlier_and_gives_the_item_once) {
  deadline_queue<item> queue;
  const auto one = named("one");
  queue.set(one, 700);
  queue.set(one, 20);
  EXPECT_EQ(due(queue, 20), names{"one"});
  queue.set(one, 900);
  EXPECT_EQ(due(queue, 899), names{});
  EXPECT_EQ(due(queue, 900), names{"one"});
  EXPECT_EQ(queue.size(), 0U);
}

TEST(deadline_queue, keeps_one_place_for_a_deadline_that_moves_later_again_and_again) {
  deadline_queue<item> queue;
  const auto one = named("one");
  for (int heartbeat = 0; heartbeat < 1000; ++heartbeat) queue.set(one, 500 + heartbeat);
  EXPECT_EQ(queue.size(), 1U);
  EXPECT_EQ(due(queue, 500), names{"one"});
}

TEST(deadline_queue, forgets_what_was_removed) {
  deadline_queue<item> queue;
  const auto one = named("one");
  const auto other = named("other");
  queue.set(one, 700);
  queue.set(other, 600);
  queue.set(one, 20);
  queue.remove(*one);
  EXPECT_EQ(one.use_count(), 1);
  EXPECT_EQ(due(queue, 5000), names{"other"});
}

TEST(deadline_queue, gives_what_is_overdue_at_once) {
  deadline_queue<item> queue;
  const auto one = named("one");
  queue.set(one, 0);
  EXPECT_EQ(due(queue, 1'000'000), names{"one"});
}

// Against the plain thing: everybody is asked at each step.
TEST(deadline_queue, misses_no_deadline_however_they_move) {
  random_source random(7);
  deadline_queue<item> queue;
  std::map<std::string, std::int64_t> wanted;
  std::vector<std::shared_ptr<item>> all;
  for (int number = 0; number < 20; ++number) all.push_back(named(std::to_string(number)));
  for (std::int64_t now_ms = 0; now_ms < 20'000; now_ms += 10) {
    for (const auto& taken : queue.take_due(now_ms)) {
      const auto known = wanted.find(taken->name);
      ASSERT_NE(known, wanted.end());
      if (known->second <= now_ms)
        wanted.erase(known);
      else
        queue.set(taken, known->second);
    }
    for (const auto& [name, deadline_ms] : wanted) ASSERT_GT(deadline_ms, now_ms) << name;
    const auto& moved = all[random.below(all.size())];
    wanted[moved->name] = now_ms + random.between(0, 1000);
    queue.set(moved, wanted[moved->name]);
  }
}

}  // namespace
}  // namespace marquee::raft
