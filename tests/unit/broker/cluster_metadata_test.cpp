#include "broker/cluster_metadata.h"

#include <gtest/gtest.h>

#include "../base/temporary_folder.h"
#include "broker/metadata_codec.h"
#include "broker/topic_catalog.h"

namespace marquee::broker {
namespace {

using verdict = cluster_metadata::push_verdict;

const uuid cluster = *uuid::parse("aaaaaaaa-0000-4000-8000-000000000001");
const uuid orders = *uuid::parse("bbbbbbbb-0000-4000-8000-000000000002");
const uuid payments = *uuid::parse("cccccccc-0000-4000-8000-000000000003");

topic_metadata topic(const uuid& id, const std::string& name) {
  topic_metadata made;
  made.name = name;
  made.topic_id = id;
  made.config = {{"retention.ms", "1000"}, {"durability", "relaxed"}};
  made.partitions = {
      {partition_id(0), {{broker_id(1), incarnation_id(7)}, {broker_id(2), incarnation_id(8)}}}};
  return made;
}

metadata_push full(std::int64_t version, std::vector<topic_metadata> topics) {
  metadata_push push;
  push.controller_epoch = 3;
  push.controller_holder = "wm-1";
  push.cluster_id = cluster;
  push.to_version = version;
  push.topics = std::move(topics);
  push.brokers = {{{broker_id(1), incarnation_id(7)}, "127.0.0.1", 9092, 9192, 9644}};
  return push;
}

TEST(cluster_metadata, takes_everything_and_then_what_changed) {
  cluster_metadata metadata;
  EXPECT_EQ(metadata.apply(full(5, {topic(orders, "orders")})), verdict::applied);
  metadata_push delta = full(6, {topic(payments, "payments")});
  delta.from_version = 5;
  EXPECT_EQ(metadata.apply(delta), verdict::applied);
  EXPECT_EQ(metadata.version, 6);
  EXPECT_NE(metadata.find("orders"), nullptr);
  EXPECT_NE(metadata.find("payments"), nullptr);
}

TEST(cluster_metadata, evicted_broker_stays_known_as_evicted_also_on_disk) {
  const auto push = decode_metadata_push(
      R"({"controller_epoch":3,"controller_holder":"wm-1","cluster_id":"aaaaaaaa-0000-4000-8000-000000000001",)"
      R"("from_version":0,"to_version":5,"brokers":[)"
      R"({"broker_id":1,"incarnation":7,"host":"h","kafka_port":1,"raft_port":2,"http_port":3,"evicted":true},)"
      R"({"broker_id":2,"incarnation":8,"host":"h","kafka_port":1,"raft_port":2,"http_port":3}]})");
  ASSERT_TRUE(push) << push.error().message;
  cluster_metadata metadata;
  EXPECT_EQ(metadata.apply(*push), verdict::applied);
  const auto read = decode_metadata(encode_metadata(metadata));
  ASSERT_TRUE(read);
  EXPECT_TRUE(read->brokers.at(broker_id(1)).evicted);
  EXPECT_FALSE(read->brokers.at(broker_id(2)).evicted);
}

TEST(cluster_metadata, asks_for_everything_when_a_change_is_missing) {
  cluster_metadata metadata;
  (void)metadata.apply(full(5, {}));
  metadata_push delta = full(8, {topic(orders, "orders")});
  delta.from_version = 7;
  EXPECT_EQ(metadata.apply(delta), verdict::gap);
  EXPECT_EQ(metadata.version, 5);
}

TEST(cluster_metadata, refuses_an_older_controller_and_an_equal_epoch_of_another_holder) {
  cluster_metadata metadata;
  (void)metadata.apply(full(5, {}));
  metadata_push other = full(6, {});
  other.controller_epoch = 2;
  EXPECT_EQ(metadata.apply(other), verdict::stale_controller);
  other.controller_epoch = 3;
  other.controller_holder = "wm-2";
  EXPECT_EQ(metadata.apply(other), verdict::stale_controller);
  other.controller_epoch = 4;
  EXPECT_EQ(metadata.apply(other), verdict::applied);
}

TEST(cluster_metadata, refuses_another_cluster) {
  cluster_metadata metadata;
  (void)metadata.apply(full(5, {}));
  metadata_push other = full(6, {});
  other.cluster_id = orders;
  EXPECT_EQ(metadata.apply(other), verdict::wrong_cluster);
}

TEST(cluster_metadata, a_tombstone_is_never_removed_or_revived) {
  cluster_metadata metadata;
  topic_metadata deleted = topic(orders, "orders");
  deleted.deleted = true;
  (void)metadata.apply(full(5, {deleted}));
  EXPECT_TRUE(metadata.is_deleted(orders));
  EXPECT_EQ(metadata.find("orders"), nullptr);
  (void)metadata.apply(full(6, {topic(orders, "orders")}));
  EXPECT_TRUE(metadata.is_deleted(orders));
}

TEST(cluster_metadata, a_name_may_be_used_again_by_another_topic) {
  cluster_metadata metadata;
  topic_metadata deleted = topic(orders, "orders");
  deleted.deleted = true;
  (void)metadata.apply(full(5, {deleted, topic(payments, "orders")}));
  ASSERT_NE(metadata.find("orders"), nullptr);
  EXPECT_EQ(metadata.find("orders")->topic_id, payments);
}

TEST(cluster_metadata, reads_the_options_of_a_topic) {
  topic_metadata one = topic(orders, "orders");
  EXPECT_EQ(one.group_options().wanted, raft::durability::relaxed);
  EXPECT_EQ(one.max_message_bytes(), 1'048'588);
  one.config["max.message.bytes"] = "1000";
  one.config["message.timestamp.type"] = "append";
  EXPECT_EQ(one.max_message_bytes(), 1000);
  EXPECT_EQ(one.timestamps(), timestamp_kind::append);
}

TEST(metadata_codec, reads_a_push_as_the_controller_sends_it) {
  const auto push = decode_metadata_push(
      R"({"controller_epoch":3,"controller_holder":"wm-1","cluster_id":"aaaaaaaa-0000-4000-8000-000000000001",
          "from_version":0,"to_version":9,"x_later":1,
          "topics":[{"name":"orders","topic_id":"bbbbbbbb-0000-4000-8000-000000000002","config":{"retention.ms":5},
            "routing_epoch":1,"deleted":false,"internal":false,
            "partitions":[{"partition":0,"voters":[{"broker_id":1,"incarnation":7}]}]}],
          "brokers":[{"broker_id":1,"incarnation":7,"host":"h","kafka_port":1,"raft_port":2,"http_port":3}],
          "removed_topics":["cccccccc-0000-4000-8000-000000000003"]})");
  ASSERT_TRUE(push) << push.error().message;
  EXPECT_EQ(push->topics.at(0).config.at("retention.ms"), "5");
  EXPECT_EQ(push->topics.at(0).partitions.at(0).voters.at(0).incarnation, incarnation_id(7));
  EXPECT_EQ(push->brokers.at(0).raft_port, 2);
  EXPECT_EQ(push->removed_topics.at(0), payments);
}

TEST(metadata_codec, says_what_is_wrong_with_a_push) {
  for (const char* bad : {"", "[]", "{}", "nonsense", R"({"controller_epoch":"x"})"})
    EXPECT_FALSE(decode_metadata_push(bad)) << bad;
}

TEST(topic_catalog, keeps_what_it_was_told_over_a_restart) {
  const temporary_folder folder;
  {
    topic_catalog catalog(system_file_system(), folder.at("metadata.json"));
    ASSERT_TRUE(catalog.load());
    const auto applied = catalog.apply(full(5, {topic(orders, "orders")}));
    ASSERT_TRUE(applied);
    EXPECT_EQ(*applied, verdict::applied);
  }
  topic_catalog again(system_file_system(), folder.at("metadata.json"));
  ASSERT_TRUE(again.load());
  const metadata_snapshot metadata = again.snapshot();
  EXPECT_EQ(metadata->version, 5);
  EXPECT_EQ(metadata->controller_holder, "wm-1");
  ASSERT_NE(metadata->find("orders"), nullptr);
  EXPECT_EQ(*metadata->find("orders"), topic(orders, "orders"));
}

TEST(topic_catalog, refuses_a_file_of_a_newer_release) {
  const temporary_folder folder;
  ASSERT_TRUE(
      replace_file(system_file_system(), folder.at("metadata.json"), as_bytes(R"({"format_version":2})")));
  topic_catalog catalog(system_file_system(), folder.at("metadata.json"));
  const auto loaded = catalog.load();
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().code, error_code::unsupported);
}

}  // namespace
}  // namespace marquee::broker
