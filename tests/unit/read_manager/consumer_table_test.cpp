#include "read_manager/consumer_table.h"

#include <gtest/gtest.h>

#include "batches.h"

namespace marquee::read_manager {
namespace {

consumer_pointer consumer_used_at(const std::string& id, std::int64_t used_us) {
  auto consumer =
      std::make_shared<owned_consumer>(consumer_reference{id, "orders", uuid{{1}}}, 1, position_map{});
  consumer->set_partition_count(1);
  (void)consumer->session.on_fetched({0, 0}, batch_at(0, {"a", "b", std::string(1000, 'c')}), 3, 0);
  (void)consumer->session.take({1, 1000, commit_mode::automatic, 1});
  consumer->last_used_us = used_us;
  return consumer;
}

TEST(consumer_table, the_least_recently_used_consumer_makes_room_unless_it_is_busy) {
  consumer_table table(2);
  const consumer_pointer oldest = consumer_used_at("oldest", 1), middle = consumer_used_at("middle", 2);
  oldest->busy = true;
  table.insert(oldest);
  table.insert(middle);
  table.insert(consumer_used_at("newest", 3));
  EXPECT_NE(table.find("oldest"), nullptr);
  EXPECT_EQ(table.find("middle"), nullptr);
  EXPECT_TRUE(middle->lost) << "requests that still hold it look again";
}

TEST(consumer_table, a_lost_consumer_is_not_found) {
  consumer_table table(2);
  const consumer_pointer consumer = consumer_used_at("x", 1);
  table.insert(consumer);
  consumer->lost = true;
  EXPECT_EQ(table.find("x"), nullptr);
  EXPECT_EQ(table.size(), 0U);
}

TEST(consumer_table, idle_consumers_give_their_read_ahead_back_and_keep_their_last_answer) {
  consumer_table table(10);
  const consumer_pointer idle = consumer_used_at("idle", 1), active = consumer_used_at("active", 100);
  table.insert(idle);
  table.insert(active);
  const std::size_t held = table.free_memory(50, 1 << 20);
  EXPECT_EQ(idle->session.available(), 0U);
  EXPECT_EQ(idle->session.classify(1), poll_kind::repeat);
  EXPECT_EQ(idle->session.last_delivery().records.size(), 1U);
  EXPECT_EQ(active->session.available(), 2U);
  EXPECT_GT(held, 1000U);
}

TEST(consumer_table, under_pressure_read_ahead_goes_first_and_then_last_answers_but_never_a_consumer) {
  consumer_table table(10);
  const consumer_pointer older = consumer_used_at("older", 1), newer = consumer_used_at("newer", 2);
  table.insert(older);
  table.insert(newer);
  const std::size_t answers = older->session.last_answer_bytes() * 2;
  (void)table.free_memory(0, answers);
  EXPECT_EQ(older->session.available() + newer->session.available(), 0U);
  EXPECT_EQ(table.size(), 2U);
  (void)table.free_memory(0, answers - 1);
  EXPECT_EQ(table.find("older"), older);
  EXPECT_TRUE(older->session.last_answer_forgotten());
  EXPECT_FALSE(newer->session.last_answer_forgotten());
}

TEST(consumer_table, an_answer_does_not_keep_what_was_fetched_with_it) {
  const consumer_pointer consumer = consumer_used_at("x", 1);
  const buffered_record& kept = consumer->session.last_delivery().records.at(0).record;
  EXPECT_EQ(as_text(*kept.value), "a");
  EXPECT_EQ(kept.data.size(), kept.payload_size());
}

}  // namespace
}  // namespace marquee::read_manager
