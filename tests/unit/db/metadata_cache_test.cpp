#include "db/metadata_cache.h"

#include <gtest/gtest.h>

namespace marquee::db {
namespace {

const uuid cluster = *uuid::parse("11111111-1111-4111-8111-111111111111");

metadata_changes changes(metadata_version above, metadata_version version) {
  metadata_changes made;
  made.above = above;
  made.version = version;
  made.cluster = {cluster, std::vector<std::uint8_t>(32, 1)};
  return made;
}

topic_row topic(char id, std::string name, metadata_version version) {
  topic_row row;
  row.topic_id.octets.fill(static_cast<std::uint8_t>(id));
  row.name = std::move(name);
  row.version = version;
  row.partitions = {{partition_id(0), {{broker_id(1), incarnation_id(9)}}}};
  return row;
}

topic_row tombstone(char id, std::string name, metadata_version version) {
  topic_row row = topic(id, std::move(name), version);
  row.deleted_ms = 1;
  row.partitions.clear();
  return row;
}

TEST(metadata_cache, is_not_filled_before_the_first_read) {
  const metadata_cache cache;
  EXPECT_FALSE(cache.filled());
  EXPECT_EQ(cache.ids(), nullptr);
  EXPECT_EQ(cache.snapshot()->find_topic("orders"), nullptr);
}

TEST(metadata_cache, finds_topics_by_name_and_id) {
  metadata_cache cache;
  metadata_changes first = changes(0, 5);
  first.topics = {topic('a', "orders", 5)};
  EXPECT_EQ(cache.apply(first), metadata_cache::applied::news);
  ASSERT_NE(cache.snapshot()->find_topic("orders"), nullptr);
  EXPECT_EQ(cache.snapshot()->find_topic("orders"), cache.snapshot()->find_topic(first.topics[0].topic_id));
  EXPECT_NE(cache.ids(), nullptr);
}

TEST(metadata_cache, keeps_tombstones_by_id_but_not_by_name) {
  metadata_cache cache;
  metadata_changes first = changes(0, 5);
  first.topics = {topic('a', "orders", 5)};
  static_cast<void>(cache.apply(first));
  metadata_changes second = changes(5, 6);
  second.topics = {tombstone('a', "orders", 6)};
  EXPECT_EQ(cache.apply(second), metadata_cache::applied::news);
  EXPECT_EQ(cache.snapshot()->find_topic("orders"), nullptr);
  ASSERT_NE(cache.snapshot()->find_topic(second.topics[0].topic_id), nullptr);
  EXPECT_TRUE(cache.snapshot()->find_topic(second.topics[0].topic_id)->deleted());
}

TEST(metadata_cache, keeps_the_younger_topic_of_a_name_whatever_the_order) {
  metadata_cache cache;
  metadata_changes both = changes(0, 7);
  both.topics = {topic('b', "orders", 7), tombstone('a', "orders", 6)};
  static_cast<void>(cache.apply(both));
  ASSERT_NE(cache.snapshot()->find_topic("orders"), nullptr);
  EXPECT_EQ(cache.snapshot()->find_topic("orders")->version, 7);
}

TEST(metadata_cache, ignores_what_it_knows_and_reports_gaps) {
  metadata_cache cache;
  static_cast<void>(cache.apply(changes(0, 5)));
  EXPECT_EQ(cache.apply(changes(0, 5)), metadata_cache::applied::nothing_new);
  EXPECT_EQ(cache.apply(changes(2, 4)), metadata_cache::applied::nothing_new);
  EXPECT_EQ(cache.apply(changes(6, 8)), metadata_cache::applied::gap);
  EXPECT_EQ(cache.version(), 5);
  EXPECT_EQ(cache.apply(changes(3, 8)), metadata_cache::applied::news);
  EXPECT_EQ(cache.version(), 8);
}

TEST(metadata_cache, says_that_the_database_has_gone_back) {
  metadata_cache cache;
  static_cast<void>(cache.apply(changes(0, 5)));
  EXPECT_EQ(cache.apply(changes(5, 4)), metadata_cache::applied::older);
  EXPECT_EQ(cache.version(), 5);
}

TEST(metadata_cache, builds_on_nothing_that_was_known_once_an_older_state_was_restored) {
  metadata_cache cache;
  metadata_changes first = changes(0, 5);
  first.topics = {topic('a', "orders", 2), topic('b', "lost", 5)};
  first.deleted_consumers = {7};
  static_cast<void>(cache.apply(first));
  EXPECT_EQ(cache.snapshot()->complete_above(), 0);

  metadata_changes restored = changes(5, 1003);
  restored.history.octets.fill(9);
  EXPECT_EQ(cache.apply(restored), metadata_cache::applied::other_history);
  EXPECT_NE(cache.snapshot()->find_topic("lost"), nullptr);

  restored.above = 0;
  restored.topics = {topic('a', "orders", 2)};
  EXPECT_EQ(cache.apply(restored), metadata_cache::applied::news);
  EXPECT_EQ(cache.version(), 1003);
  EXPECT_EQ(cache.snapshot()->complete_above(), 1003);
  EXPECT_EQ(cache.snapshot()->find_topic("lost"), nullptr);
  EXPECT_NE(cache.snapshot()->find_topic("orders"), nullptr);
  EXPECT_TRUE(cache.consumer_deleted(7));
  EXPECT_EQ(cache.apply(restored), metadata_cache::applied::nothing_new);
}

TEST(metadata_cache, gives_out_everything_it_was_given) {
  metadata_cache cache;
  metadata_changes first = changes(0, 7);
  first.history.octets.fill(3);
  first.topics = {tombstone('a', "orders", 6), topic('b', "orders", 7)};
  first.deleted_producers = {4};
  static_cast<void>(cache.apply(first));
  metadata_cache second;
  EXPECT_EQ(second.apply(cache.all()), metadata_cache::applied::news);
  EXPECT_EQ(second.snapshot()->find_topic("orders")->topic_id, first.topics[1].topic_id);
  EXPECT_TRUE(second.snapshot()->find_topic(first.topics[0].topic_id)->deleted());
  EXPECT_TRUE(second.producer_deleted(4));
  const std::string id = cache.ids()->encode({client_kind::consumer, 5, first.topics[1].topic_id});
  EXPECT_TRUE(second.ids()->decode(id).has_value());
}

TEST(metadata_cache, refuses_another_clusters_changes) {
  metadata_cache cache;
  static_cast<void>(cache.apply(changes(0, 5)));
  metadata_changes foreign = changes(0, 50);
  foreign.cluster.cluster_id.octets.fill(2);
  EXPECT_EQ(cache.apply(foreign), metadata_cache::applied::other_cluster);
  EXPECT_EQ(cache.version(), 5);
}

TEST(metadata_cache, remembers_deleted_producers_and_consumers) {
  metadata_cache cache;
  metadata_changes first = changes(0, 5);
  first.deleted_producers = {7};
  first.deleted_consumers = {8};
  static_cast<void>(cache.apply(first));
  EXPECT_TRUE(cache.producer_deleted(7));
  EXPECT_FALSE(cache.producer_deleted(8));
  EXPECT_TRUE(cache.consumer_deleted(8));
}

TEST(metadata_cache, snapshot_in_use_does_not_change) {
  metadata_cache cache;
  static_cast<void>(cache.apply(changes(0, 5)));
  const auto held = cache.snapshot();
  metadata_changes more = changes(5, 6);
  more.topics = {topic('a', "orders", 6)};
  static_cast<void>(cache.apply(more));
  EXPECT_EQ(held->find_topic("orders"), nullptr);
}

}  // namespace
}  // namespace marquee::db
