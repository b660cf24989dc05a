#include <gtest/gtest.h>

#include "tests/unit/raft/runtime/cluster_fixture.h"

/// DESIGN D4 with whole hosts: what restarts under another boot id do to a group with relaxed durability.
/// Nothing is really lost here; raft_paper/doubt_test and the simulator see to that.
namespace marquee::raft {
namespace {
using namespace testing;

class relaxed_cluster : public cluster {
 protected:
  void SetUp() override {
    cluster::SetUp();
    create(group, {1, 2, 3}, {.wanted = durability::relaxed});
    propose_until_acknowledged(group, "before");
  }
  void go_down(int number) {
    crash(number);
    brokers[number].boot_id += "+";
  }
  [[nodiscard]] bool in_doubt(int number) {
    const auto who = brokers[number].host->find(group);
    bool doubt = false;
    who->loop().run_and_wait([&] { doubt = who->status().in_doubt; });
    return doubt;
  }
  [[nodiscard]] std::int64_t counted_in_doubt(int number) {
    return brokers[number].metrics->gauge("marquee_raft_groups_in_doubt", "").value();
  }
  const group_id group = group_of(1);
};

TEST_F(relaxed_cluster, replica_whose_machine_went_down_is_in_doubt_until_the_leader_has_told_it_everything) {
  const int leader = wait_for_leader(group);
  const int other = leader == 3 ? 2 : 3;
  go_down(other);
  ASSERT_TRUE(propose(leader, group, "meanwhile").outcome.has_value());
  restart(other);
  EXPECT_TRUE(eventually([&] { return !in_doubt(other) && counted_in_doubt(other) == 0; }));
  EXPECT_TRUE(eventually([&] { return brokers[other].machine(group).texts().size() == 2; }));
  crash(other);
  restart(other);
  EXPECT_FALSE(in_doubt(other)) << "that it is whole is remembered";
}

TEST_F(relaxed_cluster, all_machines_go_down_and_the_group_comes_back_when_all_are_there) {
  for (const int number : {1, 2, 3}) go_down(number);
  restart(1);
  restart(2);
  EXPECT_TRUE(in_doubt(1));
  EXPECT_EQ(counted_in_doubt(1), 1);
  EXPECT_FALSE(eventually([&] { return leader_now(group) != 0; }, std::chrono::seconds(2)));
  restart(3);
  propose_until_acknowledged(group, "after");
  for (const int number : {1, 2, 3}) {
    EXPECT_TRUE(eventually([&] { return !in_doubt(number) && counted_in_doubt(number) == 0; })) << number;
    EXPECT_TRUE(eventually([&] {
      return brokers[number].machine(group).texts() == std::vector<std::string>{"before", "after"};
    }));
  }
}

TEST_F(relaxed_cluster, loss_that_is_accepted_brings_the_group_back_without_the_missing_replica) {
  for (const int number : {1, 2, 3}) go_down(number);
  restart(1);
  restart(2);
  for (const int number : {1, 2}) {
    const auto who = brokers[number].host->find(group);
    bool was_in_doubt = false;
    who->loop().run_and_wait([&] { was_in_doubt = who->accept_loss(); });
    EXPECT_TRUE(was_in_doubt);
    EXPECT_EQ(counted_in_doubt(number), 0);
  }
  propose_until_acknowledged(group, "after");
}

TEST_F(relaxed_cluster, killing_every_process_costs_nothing_and_leaves_no_doubt) {
  for (const int number : {1, 2, 3}) crash(number);
  for (const int number : {1, 2, 3}) restart(number);
  for (const int number : {1, 2, 3}) EXPECT_FALSE(in_doubt(number));
  EXPECT_TRUE(eventually([&] {
    return wait_for_leader(group) != 0 &&
           brokers[1].machine(group).texts() == std::vector<std::string>{"before"};
  }));
}

TEST_F(relaxed_cluster, group_that_was_made_durable_is_not_in_doubt) {
  for (const int number : {1, 2, 3}) brokers[number].host->find(group)->set_options({});
  propose_until_acknowledged(group, "durable");
  ASSERT_TRUE(eventually([&] { return brokers[1].machine(group).texts().size() == 2; }));
  go_down(1);
  restart(1);
  EXPECT_FALSE(in_doubt(1));
}

}  // namespace
}  // namespace marquee::raft
