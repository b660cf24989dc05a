#include "booking_app/log/booking_topics.h"

#include <gtest/gtest.h>

#include "tests/unit/booking_log/fake_cluster.h"

namespace marquee::booking {
namespace {

bool never() {
  return false;
}

TEST(booking_topics, creates_what_is_missing_with_the_settings_that_the_log_relies_on) {
  fake_cluster cluster;
  ASSERT_TRUE(ensure_topics(cluster.options(), {}, never));
  const auto commands = cluster.topic_named("booking.cmd");
  EXPECT_EQ(commands.partitions.size(), 1U);
  EXPECT_EQ(commands.config["durability"], "durable");
  EXPECT_EQ(commands.config["message.timestamp.type"], "append");
  EXPECT_EQ(commands.config["partition.max.messages"], "0");
  EXPECT_EQ(commands.config["partitions.max"], "1");
  EXPECT_EQ(commands.config["retention.ms"], "-1");
  EXPECT_EQ(commands.config["retention.bytes"], "-1");
  const auto replies = cluster.topic_named("booking.reply");
  EXPECT_EQ(replies.partitions.size(), 16U);
  EXPECT_EQ(replies.config["durability"], "relaxed");
  for (const char* other : {"booking.admin", "booking.event", "booking.dlq"})
    EXPECT_EQ(cluster.topic_named(other).config["durability"], "durable") << other;
}

TEST(booking_topics, leaves_what_exists_alone) {
  fake_cluster cluster;
  ASSERT_TRUE(ensure_topics(cluster.options(), {}, never));
  cluster.append("booking.cmd", "a");
  ASSERT_TRUE(ensure_topics(cluster.options(), {}, never));
  EXPECT_EQ(cluster.topic_named("booking.cmd").partitions[0].size(), 1U);
}

TEST(booking_topics, has_names_of_its_own_under_another_prefix) {
  fake_cluster cluster;
  ASSERT_TRUE(ensure_topics(cluster.options(), {.prefix = "test-1"}, never));
  EXPECT_TRUE(cluster.has_topic("test-1.cmd"));
  EXPECT_FALSE(cluster.has_topic("booking.cmd"));
}

TEST(booking_topics, refuses_a_topic_of_commands_that_does_not_keep_them) {
  fake_cluster cluster;
  cluster.add_topic("booking.cmd", 1,
                    {{"durability", "durable"},
                     {"message.timestamp.type", "append"},
                     {"retention.ms", 604800000},
                     {"retention.bytes", -1}});
  const auto refused = ensure_topics(cluster.options(), {}, never);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, "UNSUITABLE_TOPIC");
  EXPECT_NE(refused.error().message.find("booking.cmd"), std::string::npos);
  EXPECT_NE(refused.error().message.find("retention.ms is 604800000"), std::string::npos);
}

TEST(booking_topics, refuses_a_topic_of_commands_with_two_partitions) {
  fake_cluster cluster;
  cluster.add_topic("booking.cmd", 2);
  const auto refused = ensure_topics(cluster.options(), {}, never);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("2 partitions"), std::string::npos);
}

TEST(booking_topics, gives_up_when_it_is_cancelled) {
  std::string dead;
  {
    const fake_cluster gone;
    dead = gone.url();
  }
  int asked = 0;
  EXPECT_FALSE(ensure_topics(client::quick({dead}), {}, [&] { return ++asked > 3; }));
}

}  // namespace
}  // namespace marquee::booking
