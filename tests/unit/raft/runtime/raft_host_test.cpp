#include "raft/runtime/raft_host.h"

#include <gtest/gtest.h>

#include "tests/unit/raft/runtime/cluster_fixture.h"

namespace marquee::raft {
namespace {
using namespace testing;

class raft_host_test : public cluster {};

TEST_F(raft_host_test, elects_a_leader_and_applies_on_all) {
  create(group_of(0));
  const int leader = wait_for_leader(group_of(0));
  ASSERT_NE(leader, 0);
  const proposed answer = propose(leader, group_of(0), "one");
  ASSERT_TRUE(answer.outcome.has_value()) << answer.outcome.error().message;
  EXPECT_GT(answer.outcome->index, log_index(0));
  EXPECT_GT(answer.outcome->commit_us, 0);
  for (int number = 1; number <= 3; ++number)
    EXPECT_TRUE(eventually([&] {
      return brokers[number].machine(group_of(0)).texts() == std::vector<std::string>{"one"};
    })) << number;
}

TEST_F(raft_host_test, taken_port_is_an_error_that_names_it) {
  test_broker second;
  second.number = 4;
  second.data_dir = brokers[1].data_dir + "-second";
  second.port = brokers[1].port;
  const result<> started = second.try_start();
  ASSERT_FALSE(started.has_value());
  EXPECT_NE(started.error().message.find(std::to_string(brokers[1].port)), std::string::npos);
}

TEST_F(raft_host_test, first_voter_leads_a_new_group_soon) {
  create(group_of(0), {2, 3, 1});
  EXPECT_EQ(wait_for_leader(group_of(0)), 2);
}

TEST_F(raft_host_test, many_groups_on_two_threads_all_get_leaders) {
  for (int partition = 0; partition < 24; ++partition) create(group_of(partition));
  for (int partition = 0; partition < 24; ++partition) {
    const int leader = wait_for_leader(group_of(partition));
    ASSERT_NE(leader, 0) << partition;
    EXPECT_TRUE(propose(leader, group_of(partition), "x").outcome.has_value());
  }
}

TEST_F(raft_host_test, follower_refuses_proposals_definitely_and_names_the_leader) {
  create(group_of(0));
  const int leader = wait_for_leader(group_of(0));
  ASSERT_TRUE(propose(leader, group_of(0), "one").outcome.has_value());
  const int follower = leader % 3 + 1;
  const proposed answer = propose(follower, group_of(0), "two");
  ASSERT_FALSE(answer.outcome.has_value());
  EXPECT_FALSE(answer.appended);
  EXPECT_EQ(answer.outcome.error().code, error_code::not_leader);
}

TEST_F(raft_host_test, read_barrier_passes_at_the_leader_only) {
  create(group_of(0));
  const int leader = wait_for_leader(group_of(0));
  const result<> at_leader = read_barrier(leader, group_of(0));
  EXPECT_TRUE(at_leader.has_value()) << at_leader.error().message;
  const result<> at_follower = read_barrier(leader % 3 + 1, group_of(0));
  ASSERT_FALSE(at_follower.has_value());
  EXPECT_EQ(at_follower.error().code, error_code::not_leader);
}

TEST_F(raft_host_test, crash_of_the_leader_costs_less_than_an_election_timeout) {
  create(group_of(0));
  const int leader = wait_for_leader(group_of(0));
  ASSERT_TRUE(propose(leader, group_of(0), "before").outcome.has_value());
  crash(leader);
  const auto crashed_at = std::chrono::steady_clock::now();
  propose_until_acknowledged(group_of(0), "after");
  const auto took = std::chrono::steady_clock::now() - crashed_at;
  RecordProperty("failover_ms",
                 std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(took).count()));
  // Generous, for loaded machines; without the hint it would be 500 ms at the very least.
  EXPECT_LT(took, std::chrono::seconds(5));
  const std::vector<std::string> expected{"before", "after"};
  for (int number = 1; number <= 3; ++number)
    if (number != leader)
      EXPECT_TRUE(eventually([&] { return brokers[number].machine(group_of(0)).texts() == expected; }));
  restart(leader);
  EXPECT_TRUE(eventually([&] { return brokers[leader].machine(group_of(0)).texts() == expected; }));
}

TEST_F(raft_host_test, everything_acknowledged_is_applied_once_and_in_order_after_crashes_of_all) {
  create(group_of(0));
  std::vector<std::string> acknowledged;
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 20; ++i) {
      const int leader = wait_for_leader(group_of(0));
      ASSERT_NE(leader, 0);
      const std::string text = std::to_string(round) + "/" + std::to_string(i);
      if (propose(leader, group_of(0), text).outcome) acknowledged.push_back(text);
    }
    for (int number = 1; number <= 3; ++number) crash(number);
    for (int number = 1; number <= 3; ++number) restart(number);
  }
  EXPECT_GT(acknowledged.size(), 50u);
  ASSERT_NE(wait_for_leader(group_of(0)), 0);
  for (int number = 1; number <= 3; ++number) {
    EXPECT_TRUE(eventually([&] {
      // What was not acknowledged may be there or not; everything acknowledged is there once, in order.
      std::vector<std::string> kept;
      for (const std::string& text : brokers[number].machine(group_of(0)).texts())
        if (std::ranges::find(acknowledged, text) != acknowledged.end()) kept.push_back(text);
      return kept == acknowledged;
    })) << number;
  }
}

TEST_F(raft_host_test, planned_stop_hands_leadership_over_and_a_restart_finds_everything) {
  create(group_of(0));
  const int leader = wait_for_leader(group_of(0));
  ASSERT_TRUE(propose(leader, group_of(0), "one").outcome.has_value());
  brokers[leader].host->stop();
  brokers[leader].host.reset();
  const int next = wait_for_leader(group_of(0));
  ASSERT_NE(next, 0);
  EXPECT_NE(next, leader);
  ASSERT_TRUE(propose(next, group_of(0), "two").outcome.has_value());
  restart(leader);
  const std::vector<std::string> expected{"one", "two"};
  EXPECT_TRUE(eventually([&] { return brokers[leader].machine(group_of(0)).texts() == expected; }));
}

TEST_F(raft_host_test, leadership_is_handed_over_while_the_broker_still_runs) {
  for (int partition = 0; partition < 6; ++partition) create(group_of(partition));
  for (int partition = 0; partition < 6; ++partition) ASSERT_NE(wait_for_leader(group_of(partition)), 0);
  const int leader = wait_for_leader(group_of(0));
  brokers[leader].host->hand_over();
  for (int partition = 0; partition < 6; ++partition) {
    ASSERT_TRUE(eventually([&] {
      const int next = wait_for_leader(group_of(partition));
      return next != 0 && next != leader;
    }));
    propose_until_acknowledged(group_of(partition), "x");
  }
}

TEST_F(raft_host_test, all_of_many_partitions_are_led_elsewhere_when_hand_over_returns) {
  constexpr int count = 60;
  for (int partition = 0; partition < count; ++partition) create(group_of(partition));
  for (int partition = 0; partition < count; ++partition) ASSERT_NE(wait_for_leader(group_of(partition)), 0);
  brokers[1].host->hand_over();
  for (int partition = 0; partition < count; ++partition) {
    const std::shared_ptr<replica> mine = brokers[1].host->find(group_of(partition));
    bool leads = true;
    mine->loop().run_and_wait([&] { leads = mine->is_leader(); });
    EXPECT_FALSE(leads) << partition;
  }
}

TEST_F(raft_host_test, state_comes_back_from_the_checkpoint_of_a_planned_stop) {
  create(group_of(0), {1});
  ASSERT_EQ(wait_for_leader(group_of(0)), 1);
  std::vector<std::string> expected;
  for (int i = 0; i < 50; ++i) {
    expected.push_back("text " + std::to_string(i));
    ASSERT_TRUE(propose(1, group_of(0), expected.back()).outcome.has_value());
  }
  for (int round = 0; round < 2; ++round) {
    brokers[1].host->stop();
    brokers[1].host.reset();
    restart(1);
    ASSERT_EQ(wait_for_leader(group_of(0)), 1);
    EXPECT_EQ(brokers[1].machine(group_of(0)).texts(), expected);
  }
}

TEST_F(raft_host_test, creating_again_is_harmless_and_with_other_members_a_conflict) {
  create(group_of(0));
  const auto first = brokers[1].host->find(group_of(0));
  const auto again = brokers[1].host->create_replica(group_of(0), voters({1, 2, 3}), {});
  ASSERT_TRUE(again.has_value());
  EXPECT_EQ(*again, first);
  const auto other = brokers[1].host->create_replica(group_of(0), voters({1, 2}), {});
  ASSERT_FALSE(other.has_value());
  EXPECT_EQ(other.error().code, error_code::conflict);
  crash(1);
  restart(1);
  const auto after_restart = brokers[1].host->create_replica(group_of(0), voters({1, 2, 3}), {});
  ASSERT_TRUE(after_restart.has_value()) << after_restart.error().message;
  EXPECT_EQ(*after_restart, brokers[1].host->find(group_of(0)));
}

TEST_F(raft_host_test, refuses_a_group_that_this_incarnation_is_no_member_of) {
  configuration members;
  members.voters.push_back({broker_id(1), incarnation_id(7)});
  const auto made = brokers[1].host->create_replica(group_of(0), members, {});
  ASSERT_FALSE(made.has_value());
  EXPECT_EQ(made.error().code, error_code::refused);
}

TEST_F(raft_host_test, removed_replica_is_gone_for_good) {
  create(group_of(0));
  ASSERT_NE(wait_for_leader(group_of(0)), 0);
  const auto who = brokers[2].host->find(group_of(0));
  ASSERT_TRUE(brokers[2].host->remove_replica(group_of(0)).has_value());
  ASSERT_TRUE(brokers[2].host->remove_replica(group_of(0)).has_value());
  EXPECT_TRUE(static_cast<recording_machine&>(who->machine()).has_stopped());
  EXPECT_EQ(brokers[2].host->find(group_of(0)), nullptr);
  crash(2);
  restart(2);
  EXPECT_EQ(brokers[2].host->find(group_of(0)), nullptr);
}

TEST_F(raft_host_test, leaders_are_known_to_brokers_without_a_replica) {
  create(group_of(0), {1, 2});
  const int leader = wait_for_leader(group_of(0));
  ASSERT_TRUE(eventually([&] {
    const auto known = brokers[3].host->leaders().find(group_of(0));
    return known && known->leader == replica_of(leader);
  }));
  crash(3);
  restart(3);
  EXPECT_TRUE(eventually([&] { return brokers[3].host->leaders().find(group_of(0)).has_value(); }));
}

TEST_F(raft_host_test, leadership_moves_where_it_is_asked_to) {
  create(group_of(0));
  const int leader = wait_for_leader(group_of(0));
  ASSERT_TRUE(propose(leader, group_of(0), "one").outcome.has_value());
  const int target = leader % 3 + 1;
  const auto who = brokers[leader].host->find(group_of(0));
  bool begun = false;
  who->loop().run_and_wait(
      [&] { begun = who->transfer_leadership(replica_of(target), transfer_reason::order).has_value(); });
  EXPECT_TRUE(begun);
  EXPECT_TRUE(eventually([&] { return brokers[target].machine(group_of(0)).ready(); }));
}

TEST_F(raft_host_test, without_a_majority_nothing_is_acknowledged_and_it_goes_on_when_it_is_back) {
  create(group_of(0));
  const int leader = wait_for_leader(group_of(0));
  const int first = leader % 3 + 1;
  const int second = first % 3 + 1;
  crash(first);
  crash(second);
  const proposed answer = propose(leader, group_of(0), "lonely");
  ASSERT_FALSE(answer.outcome.has_value());
  EXPECT_EQ(answer.outcome.error().code, error_code::not_leader);
  restart(first);
  restart(second);
  propose_until_acknowledged(group_of(0), "together");
}

TEST_F(raft_host_test, replica_whose_state_cannot_be_restored_is_fenced_alone) {
  create(group_of(0));
  const int leader = wait_for_leader(group_of(0));
  const int broken = leader % 3 + 1;
  crash(broken);
  recording_machine::refuse_restore = true;
  restart(broken);
  recording_machine::refuse_restore = false;
  EXPECT_FALSE(brokers[broken].host->find(group_of(0))->fenced().empty());
  const proposed refused = propose(broken, group_of(0), "x");
  EXPECT_FALSE(refused.appended);
  propose_until_acknowledged(group_of(0), "the others go on");
}

}  // namespace
}  // namespace marquee::raft
