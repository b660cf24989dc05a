#include "booking_app/log/topic_writer.h"

#include <gtest/gtest.h>

#include "tests/unit/booking_log/fake_cluster.h"
#include "tests/unit/booking_log/received.h"

namespace marquee::booking {
namespace {

using strings = std::vector<std::string>;

topic_writer::callback note_in(received<std::string>& results) {
  return [&results](const client::outcome<client::stored_message>& result) {
    results.add(result ? std::to_string(result->partition) + "/" + std::to_string(result->offset)
                       : result.error().code);
  };
}

TEST(topic_writer, stores_in_order_and_tells_where) {
  fake_cluster cluster;
  cluster.add_topic("log", 2);
  received<std::string> results;
  topic_writer writer(cluster.options(), {.topic = "log"});
  EXPECT_TRUE(writer.write("a", 0, note_in(results)));
  EXPECT_TRUE(writer.write("b", 1, note_in(results)));
  EXPECT_TRUE(writer.write("c", 0, note_in(results)));
  EXPECT_EQ(results.wait_for(3), (strings{"0/0", "1/0", "0/1"}));
  EXPECT_EQ(cluster.topic_named("log").partitions[0][1].value, "c");
  EXPECT_TRUE(writer.connected());
}

TEST(topic_writer, sends_what_came_meanwhile_as_one_request) {
  fake_cluster cluster;
  received<std::string> results;
  topic_writer writer(cluster.options(), {.topic = "log"});
  for (int i = 0; i < 50; ++i) EXPECT_TRUE(writer.write("x", std::nullopt, note_in(results)));
  // It has waited for its topic, so that all of them are there when it can begin.
  cluster.add_topic("log");
  EXPECT_EQ(results.wait_for(50).back(), "0/49");
  EXPECT_EQ(cluster.requests("/producer/produce"), 1U);
}

TEST(topic_writer, makes_no_topic_by_itself) {
  fake_cluster cluster;
  const topic_writer writer(cluster.options(), {.topic = "log"});
  ASSERT_TRUE(cluster.wait_for_requests("/topics/log", 2));
  EXPECT_EQ(cluster.requests("/producer/register"), 0U);
}

TEST(topic_writer, stores_once_although_an_answer_is_lost) {
  fake_cluster cluster;
  cluster.add_topic("log");
  cluster.lose_next_answer();
  received<std::string> results;
  topic_writer writer(cluster.options(), {.topic = "log"});
  EXPECT_TRUE(writer.write("a", std::nullopt, note_in(results)));
  EXPECT_EQ(results.wait_for(1), strings{"0/0"});
  EXPECT_EQ(cluster.topic_named("log").partitions[0].size(), 1U);
}

TEST(topic_writer, registers_again_when_its_producer_is_forgotten) {
  fake_cluster cluster;
  cluster.add_topic("log");
  received<std::string> results;
  topic_writer writer(cluster.options(), {.topic = "log"});
  EXPECT_TRUE(writer.write("a", std::nullopt, note_in(results)));
  (void)results.wait_for(1);
  cluster.forget_producers();
  EXPECT_TRUE(writer.write("b", std::nullopt, note_in(results)));
  EXPECT_EQ(results.wait_for(2), (strings{"0/0", "0/1"}));
}

TEST(topic_writer, takes_no_more_than_its_bounds) {
  fake_cluster cluster;
  topic_writer by_count(cluster.options(), {.topic = "log", .most_waiting_messages = 2});
  EXPECT_TRUE(by_count.write("a", std::nullopt, {}));
  EXPECT_TRUE(by_count.write("b", std::nullopt, {}));
  EXPECT_FALSE(by_count.write("c", std::nullopt, {}));
  EXPECT_EQ(by_count.waiting(), 2U);
  topic_writer by_size(cluster.options(), {.topic = "log", .most_waiting_bytes = 10});
  EXPECT_TRUE(by_size.write(std::string(20, 'x'), std::nullopt, {}));
  EXPECT_FALSE(by_size.write("y", std::nullopt, {}));
}

TEST(topic_writer, answers_what_it_could_not_send_when_it_closes) {
  fake_cluster cluster;
  received<std::string> results;
  {
    topic_writer writer(cluster.options(), {.topic = "log"});
    EXPECT_TRUE(writer.write("a", std::nullopt, note_in(results)));
  }
  EXPECT_EQ(results.wait_for(1), strings{"CANCELLED"});
}

TEST(topic_writer, stores_what_was_accepted_before_it_closes) {
  fake_cluster cluster;
  cluster.add_topic("log");
  received<std::string> results;
  {
    topic_writer writer(cluster.options(), {.topic = "log", .closing_ms = 5'000});
    EXPECT_TRUE(writer.write("a", std::nullopt, note_in(results)));
    (void)results.wait_for(1);
    for (int i = 0; i < 10; ++i) EXPECT_TRUE(writer.write("b", std::nullopt, note_in(results)));
  }
  EXPECT_EQ(results.wait_for(11).back(), "0/10");
}

TEST(topic_writer, gives_up_what_waited_past_the_deadline_for_a_cluster_that_is_away) {
  std::string dead;
  {
    const fake_cluster gone;
    dead = gone.url();
  }
  client::client_options cluster = client::quick({dead});
  cluster.deadline_ms = 50;
  received<std::string> results;
  topic_writer writer(cluster, {.topic = "log"});
  EXPECT_TRUE(writer.write("a", std::nullopt, note_in(results)));
  EXPECT_EQ(results.wait_for(1), strings{"TIMED_OUT"});
}

}  // namespace
}  // namespace marquee::booking
