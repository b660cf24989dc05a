#include "write_manager/under_replicated.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace marquee::write_manager {
namespace {

using nlohmann::json;

/// A topic "orders" with one partition on brokers 1, 2 and 3.
class under_replicated_test : public ::testing::Test {
 protected:
  under_replicated_test() {
    topic.topic_id.octets.fill(3);
    topic.name = "orders";
    topic.version = 5;
    db::partition_row partition{.partition = partition_id(0), .voters = {}};
    for (int id = 1; id <= 3; ++id) partition.voters.push_back({broker_id(id), incarnation_id(id)});
    topic.partitions = {partition};
    db::metadata_changes changes;
    changes.version = 9;
    changes.cluster.cluster_id.octets.fill(1);
    changes.topics = {topic};
    static_cast<void>(cache.apply(changes));
  }
  /// What broker 1 says as the leader.
  void leads(const std::vector<bool>& in_sync) {
    json replicas = json::array();
    for (std::size_t i = 0; i < in_sync.size(); ++i)
      replicas.push_back({{"broker_id", i + 1}, {"role", "voter"}, {"in_sync", bool(in_sync[i])}});
    const json told = {{"topic_id", to_string(topic.topic_id)},
                       {"partition", 0},
                       {"role", "leader"},
                       {"term", 4},
                       {"leader", 1},
                       {"log_start_offset", 0},
                       {"high_watermark", 10},
                       {"replicas", replicas}};
    merge_partition_answer(statuses, broker_id(1), json{{"partitions", {told}}}.dump());
  }
  std::vector<under_replicated_partition> find() {
    return find_under_replicated(*cache.snapshot(), statuses, gone);
  }

  db::topic_row topic;
  db::metadata_cache cache;
  partition_statuses statuses;
  std::set<broker_id> gone;
};

TEST_F(under_replicated_test, whole_partition_is_not_listed) {
  leads({true, true, true});
  EXPECT_TRUE(find().empty());
}

TEST_F(under_replicated_test, replica_that_is_behind_or_on_a_gone_broker_is_missing) {
  leads({true, false, true});
  gone = {broker_id(3)};
  const auto found = find();
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].missing, (std::vector{broker_id(2), broker_id(3)}));
  EXPECT_EQ(json::parse(under_replicated_json(found))[0], (json{{"topic", "orders"},
                                                                {"topic_id", to_string(topic.topic_id)},
                                                                {"partition", 0},
                                                                {"leader", 1},
                                                                {"missing", {2, 3}}}));
}

TEST_F(under_replicated_test, partition_that_nobody_leads_is_listed) {
  gone = {broker_id(1), broker_id(2)};
  const auto found = find();
  ASSERT_EQ(found.size(), 1U);
  EXPECT_FALSE(found[0].leader);
  EXPECT_EQ(found[0].missing, (std::vector{broker_id(1), broker_id(2)}));
}

TEST_F(under_replicated_test, nothing_on_a_gone_broker_is_in_sync) {
  leads({true, true, true});
  const json list = json::parse(partitions_json(topic, statuses, {broker_id(2)}));
  EXPECT_EQ(list[0]["replicas"][0]["in_sync"], true);
  EXPECT_EQ(list[0]["replicas"][1]["in_sync"], false);
}

}  // namespace
}  // namespace marquee::write_manager
