#include "booking_app/log/command_feed.h"

#include <gtest/gtest.h>

#include "tests/unit/booking_log/fake_cluster.h"
#include "tests/unit/booking_log/received.h"

namespace marquee::booking {
namespace {

using strings = std::vector<std::string>;

/// A feed whose messages and end are kept. Written as "partition/offset value".
struct running_feed {
  received<std::string> got;
  received<std::string> broken;
  command_feed feed;

  explicit running_feed(const client::client_options& cluster, feed_options options = {})
      : feed(
            cluster, with_topic(std::move(options)),
            [this](std::vector<logged_message> messages) {
              for (const logged_message& one : messages)
                got.add(std::to_string(one.partition) + "/" + std::to_string(one.offset) + " " + one.value);
            },
            [this](const std::string& why) { broken.add(why); }) {}

  static feed_options with_topic(feed_options options) {
    options.topic = "log";
    options.patience_ms = 0;
    return options;
  }
};

TEST(command_feed, gives_what_is_there_and_what_comes_with_offsets_and_times) {
  fake_cluster cluster;
  cluster.add_topic("log");
  cluster.append("log", "a");
  received<logged_message> got;
  const command_feed feed(
      cluster.options(), {.topic = "log"},
      [&](std::vector<logged_message> messages) {
        for (logged_message& one : messages) got.add(std::move(one));
      },
      [](const std::string&) {});
  ASSERT_EQ(got.wait_for(1).size(), 1U);
  cluster.append("log", "b");
  const auto all = got.wait_for(2);
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[1].offset, 1);
  EXPECT_EQ(all[1].timestamp_ms, 1001);
  EXPECT_EQ(all[1].value, "b");
  EXPECT_TRUE(feed.connected());
}

TEST(command_feed, begins_exactly_at_its_offset) {
  fake_cluster cluster;
  cluster.add_topic("log");
  for (const char* value : {"a", "b", "c", "d"}) cluster.append("log", value);
  running_feed running(cluster.options(), {.first_offset = 2});
  EXPECT_EQ(running.got.wait_for(2), (strings{"0/2 c", "0/3 d"}));
}

TEST(command_feed, keeps_a_long_poll_open_and_asks_again_after_each_answer) {
  fake_cluster cluster;
  cluster.add_topic("log");
  running_feed running(cluster.options());
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(cluster.wait_for_polls(1));
    cluster.append("log", "x");
    ASSERT_EQ(running.got.wait_for(static_cast<std::size_t>(i) + 1).size(), static_cast<std::size_t>(i) + 1);
  }
  EXPECT_TRUE(cluster.wait_for_requests("/consumer/consume", 4));
  EXPECT_EQ(cluster.requests("/consumer/commit"), 0U);
}

TEST(command_feed, goes_on_at_the_next_offset_when_the_cluster_forgot_its_consumer) {
  fake_cluster cluster;
  cluster.add_topic("log");
  cluster.append("log", "a");
  running_feed running(cluster.options());
  (void)running.got.wait_for(1);
  ASSERT_TRUE(cluster.wait_for_polls(1));
  cluster.forget_consumers();
  cluster.append("log", "b");
  EXPECT_EQ(running.got.wait_for(2), (strings{"0/0 a", "0/1 b"}));
}

TEST(command_feed, passes_over_what_it_had_given_before_its_consumer_was_taken_over) {
  fake_cluster cluster;
  cluster.add_topic("log");
  for (const char* value : {"a", "b"}) cluster.append("log", value);
  running_feed running(cluster.options());
  (void)running.got.wait_for(2);
  ASSERT_TRUE(cluster.wait_for_polls(1));
  cluster.take_over(0);
  cluster.append("log", "c");
  EXPECT_EQ(running.got.wait_for(3), (strings{"0/0 a", "0/1 b", "0/2 c"}));
}

TEST(command_feed, waits_for_a_topic_that_does_not_exist) {
  fake_cluster cluster;
  running_feed running(cluster.options());
  ASSERT_TRUE(cluster.wait_for_requests("/topics/log", 1));
  EXPECT_FALSE(running.feed.positioned());
  cluster.add_topic("log");
  cluster.append("log", "a");
  EXPECT_EQ(running.got.wait_for(1), strings{"0/0 a"});
}

TEST(command_feed, uses_the_next_load_balancer_when_one_is_dead) {
  std::string dead;
  {
    const fake_cluster gone;
    dead = gone.url();
  }
  fake_cluster cluster;
  cluster.add_topic("log");
  cluster.append("log", "a");
  running_feed running(client::quick({dead, cluster.url()}));
  EXPECT_EQ(running.got.wait_for(1), strings{"0/0 a"});
}

TEST(command_feed, ends_with_a_reason_when_offsets_are_missing) {
  fake_cluster cluster;
  cluster.add_topic("log");
  for (const char* value : {"a", "b", "c"}) cluster.append("log", value);
  cluster.drop_first("log", 2);
  running_feed running(cluster.options());
  const auto why = running.broken.wait_for(1);
  ASSERT_EQ(why.size(), 1U);
  EXPECT_TRUE(running.got.wait_for(0).empty());
}

TEST(command_feed, ends_with_a_reason_when_the_log_ends_before_its_offset) {
  fake_cluster cluster;
  cluster.add_topic("log");
  cluster.append("log", "a");
  running_feed running(cluster.options(), {.first_offset = 5});
  EXPECT_EQ(running.broken.wait_for(1).size(), 1U);
}

TEST(command_feed, ends_with_a_reason_when_its_topic_is_made_anew) {
  fake_cluster cluster;
  cluster.add_topic("log");
  cluster.append("log", "a");
  running_feed running(cluster.options());
  (void)running.got.wait_for(1);
  ASSERT_TRUE(cluster.wait_for_polls(1));
  cluster.add_topic("log");
  cluster.append("log", "other");
  cluster.forget_consumers();
  ASSERT_EQ(running.broken.wait_for(1).size(), 1U);
  EXPECT_EQ(running.got.wait_for(1), strings{"0/0 a"});
}

TEST(command_feed, at_the_end_gives_only_and_all_of_what_comes_once_it_is_positioned) {
  fake_cluster cluster;
  cluster.add_topic("log", 2);
  cluster.append("log", "old", 0);
  cluster.append("log", "old", 1);
  running_feed running(cluster.options(), {.start = feed_start::at_end, .dense = false});
  ASSERT_TRUE(cluster.wait_for_polls(1));
  ASSERT_TRUE(running.feed.positioned());
  cluster.append("log", "a", 1);
  EXPECT_EQ(running.got.wait_for(1), strings{"1/1 a"});
  // What comes while it has no consumer is not lost either, in a partition that it never had anything of.
  ASSERT_TRUE(cluster.wait_for_polls(1));
  cluster.append("log", "b", 0);
  EXPECT_EQ(running.got.wait_for(2), (strings{"1/1 a", "0/1 b"}));
  ASSERT_TRUE(cluster.wait_for_polls(1));
  cluster.forget_consumers();
  cluster.append("log", "c", 0);
  EXPECT_EQ(running.got.wait_for(3), (strings{"1/1 a", "0/1 b", "0/2 c"}));
}

TEST(command_feed, stops_at_once_although_a_long_poll_is_open_and_leaves_no_consumer_behind) {
  fake_cluster cluster;
  cluster.add_topic("log");
  const auto began = std::chrono::steady_clock::now();
  {
    const running_feed running(cluster.options(), {.wait_ms = 30'000});
    ASSERT_TRUE(cluster.wait_for_polls(1));
    EXPECT_EQ(cluster.consumers(), 1U);
  }
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(5));
  EXPECT_EQ(cluster.consumers(), 0U);
}

TEST(command_feed, stops_at_once_while_nothing_answers) {
  std::string dead;
  {
    const fake_cluster gone;
    dead = gone.url();
  }
  const auto began = std::chrono::steady_clock::now();
  {
    const running_feed running(client::quick({dead}));
  }
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(5));
}

}  // namespace
}  // namespace marquee::booking
