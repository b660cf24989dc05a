#include "write_manager/leader_spread.h"

#include <gtest/gtest.h>

#include "write_manager/repair_plan.h"

namespace marquee::write_manager {
namespace {

group_id group(int partition) {
  uuid topic;
  topic.octets.fill(7);
  return {topic, partition_id(partition)};
}

/// Three partitions whose first voters are brokers 1, 2 and 3, all well for a minute.
class leader_spread_test : public ::testing::Test {
 protected:
  leader_spread_test() {
    for (int id = 1; id <= 3; ++id) {
      leaders[group(id)] = broker_id(id);
      brokers[broker_id(id)] = {.steady_since_ms = 0};
      in_sync[group(id)] = true;
    }
    observe();
  }

  void observe() { spread.observe(leaders, now_ms); }
  std::vector<leader_transfer> next() {
    observe();
    std::vector<led_partition> partitions;
    for (const auto& [id, leader] : leaders)
      partitions.push_back({.group = id,
                            .leader = leader,
                            .preferred = broker_id(id.partition.value() <= 3 ? id.partition.value() : 3),
                            .preferred_in_sync = in_sync[id],
                            .ordered_ms_ago = ordered_ms.contains(id) ? std::optional(now_ms - ordered_ms[id])
                                                                      : std::nullopt});
    return spread.next(partitions, brokers, now_ms);
  }
  void fail_over(int partition, int to) {
    brokers[leaders[group(partition)]] = {.steady_since_ms = std::nullopt};
    leaders[group(partition)] = broker_id(to);
    observe();
  }
  void come_back(int broker) { brokers[broker_id(broker)] = {.steady_since_ms = now_ms}; }
  leader_transfer back_to_3(int partition, int from) {
    return {group(partition), broker_id(from), broker_id(3)};
  }

  leader_spread_options options{.steady_ms = 10'000, .hold_ms = 300'000, .at_once = 2};
  leader_spread spread{options};
  std::int64_t now_ms = 60'000;
  std::map<group_id, broker_id> leaders;
  std::map<broker_id, spread_broker> brokers;
  std::map<group_id, bool> in_sync;
  std::map<group_id, std::int64_t> ordered_ms;  ///< by an operator, for whom leads now
};

TEST_F(leader_spread_test, leaves_what_is_spread_alone) {
  EXPECT_TRUE(next().empty());
}

TEST_F(leader_spread_test, gives_leadership_back_once_the_first_voter_has_been_back_for_a_while) {
  fail_over(3, 1);
  now_ms += 1'000;
  EXPECT_TRUE(next().empty()) << "it is dead";
  come_back(3);
  now_ms += 9'900;
  EXPECT_TRUE(next().empty()) << "it has just come back";
  now_ms += 100;
  EXPECT_EQ(next(), std::vector{back_to_3(3, 1)});
  EXPECT_TRUE(next().empty()) << "it is under way";
}

TEST_F(leader_spread_test, gives_nothing_to_a_broker_whose_disk_is_full_before_there_is_space) {
  fail_over(3, 1);
  come_back(3);
  brokers[broker_id(3)].disk_full = true;
  now_ms += 100'000;
  EXPECT_TRUE(next().empty()) << "it would hand over at once";
  brokers[broker_id(3)].disk_full = false;
  EXPECT_EQ(next(), std::vector{back_to_3(3, 1)});
}

TEST_F(leader_spread_test, never_moves_leadership_to_a_copy_that_is_behind) {
  fail_over(3, 1);
  come_back(3);
  in_sync[group(3)] = false;
  now_ms += 100'000;
  EXPECT_TRUE(next().empty());
  in_sync[group(3)] = true;
  EXPECT_EQ(next().size(), 1U);
}

TEST_F(leader_spread_test, never_takes_leadership_from_a_broker_in_trouble) {
  fail_over(3, 1);
  come_back(3);
  now_ms += 100'000;
  brokers[broker_id(1)].steady_since_ms.reset();
  EXPECT_TRUE(next().empty());
}

TEST_F(leader_spread_test, moves_only_a_few_at_once) {
  for (int partition = 3; partition <= 7; ++partition) {
    leaders[group(partition)] = broker_id(1);
    in_sync[group(partition)] = true;
  }
  observe();
  const auto first = next();
  EXPECT_EQ(first.size(), 2U);
  EXPECT_EQ(spread.under_way(), 2U);
  for (const leader_transfer& transfer : first) {
    leaders[transfer.group] = transfer.to;
    spread.answered(transfer, now_ms);
  }
  EXPECT_EQ(next().size(), 2U);
}

TEST_F(leader_spread_test, waits_longer_after_each_failure) {
  fail_over(3, 1);
  come_back(3);
  now_ms += 20'000;
  for (std::int64_t pause_ms : {5'000, 10'000, 20'000, 40'000, 80'000, 160'000, 300'000, 300'000}) {
    const auto asked = next();
    ASSERT_EQ(asked.size(), 1U);
    spread.answered(asked[0], now_ms);
    now_ms += pause_ms - 1;
    EXPECT_TRUE(next().empty());
    now_ms += 1;
  }
}

TEST_F(leader_spread_test, success_makes_failures_forgotten) {
  fail_over(3, 1);
  come_back(3);
  now_ms += 20'000;
  spread.answered(next().at(0), now_ms);
  leaders[group(3)] = broker_id(3);
  EXPECT_TRUE(next().empty());
  fail_over(3, 2);
  come_back(3);
  now_ms += 20'000;
  ASSERT_EQ(next().size(), 1U);
}

TEST_F(leader_spread_test, what_an_operator_moved_stays_for_a_while_and_goes_back_after_that) {
  leaders[group(3)] = broker_id(1);
  ordered_ms[group(3)] = now_ms;
  observe();
  now_ms += 299'999;
  EXPECT_TRUE(next().empty());
  now_ms += 1;
  EXPECT_EQ(next(), std::vector{back_to_3(3, 1)});
}

TEST_F(leader_spread_test, manager_that_was_started_since_knows_what_an_operator_moved) {
  leaders[group(3)] = broker_id(1);
  ordered_ms[group(3)] = now_ms - 100'000;
  spread = leader_spread(options);
  now_ms += 199'999;
  EXPECT_TRUE(next().empty());
  now_ms += 1;
  EXPECT_EQ(next().size(), 1U);
}

TEST_F(leader_spread_test, leader_that_stood_still_for_a_moment_gets_its_leadership_back) {
  leaders[group(3)] = broker_id(1);  // nobody has missed a heartbeat of broker 3
  observe();
  now_ms += 9'999;
  EXPECT_TRUE(next().empty()) << "it may stand still again";
  now_ms += 1;
  EXPECT_EQ(next(), std::vector{back_to_3(3, 1)});
}

TEST_F(leader_spread_test, what_an_operator_moved_is_forgotten_with_the_next_election) {
  leaders[group(3)] = broker_id(1);
  ordered_ms[group(3)] = now_ms;
  observe();
  now_ms += 20'000;
  leaders[group(3)] = broker_id(2);
  ordered_ms.clear();
  observe();
  now_ms += 10'000;
  EXPECT_EQ(next(), std::vector{back_to_3(3, 2)});
}

TEST_F(leader_spread_test, old_description_moves_nothing) {
  fail_over(3, 1);
  come_back(3);
  now_ms += 20'000;
  observe();
  const led_partition stale{group(3), broker_id(2), broker_id(3), true, std::nullopt};
  EXPECT_TRUE(spread.next({stale}, brokers, now_ms).empty());
}

TEST_F(leader_spread_test, deleted_topic_frees_its_place) {
  fail_over(3, 1);
  come_back(3);
  now_ms += 20'000;
  const auto asked = next();
  ASSERT_EQ(asked.size(), 1U);
  leaders.erase(group(3));
  observe();
  EXPECT_EQ(spread.under_way(), 0U);
  spread.answered(asked[0], now_ms);
  EXPECT_EQ(spread.under_way(), 0U);
}

class repair_plan_test : public ::testing::Test {
 protected:
  repair_plan_test() {
    view.boots[broker_id(3)] = boot_count(4);
    view.eviction.evict = broker_id(3);
  }
  repair_plan plan{{}, 12'000};
  repair_view view;
};

TEST_F(repair_plan_test, does_nothing_while_not_in_office) {
  EXPECT_TRUE(plan.next(view, 100'000).empty());
}

TEST_F(repair_plan_test, new_office_watches_before_it_evicts) {
  plan.begin_office(7, 100'000);
  EXPECT_TRUE(plan.next(view, 111'999).empty());
  const auto steps = plan.next(view, 112'000);
  ASSERT_EQ(steps.size(), 1U);
  EXPECT_EQ(std::get<eviction_step>(steps[0]), (eviction_step{broker_id(3), boot_count(4), true}));
}

TEST_F(repair_plan_test, higher_epoch_of_the_same_office_does_not_begin_anew_and_a_lost_one_does) {
  plan.begin_office(7, 100'000);
  plan.begin_office(8, 111'000);
  EXPECT_EQ(plan.next(view, 112'000).size(), 1U);
  plan.answered(eviction_step{broker_id(3), boot_count(4), true}, 112'000);
  plan.leave_office();
  plan.begin_office(9, 113'000);
  EXPECT_TRUE(plan.next(view, 120'000).empty());
}

TEST_F(repair_plan_test, evicts_one_at_a_time) {
  plan.begin_office(7, 0);
  const auto steps = plan.next(view, 50'000);
  ASSERT_EQ(steps.size(), 1U);
  EXPECT_TRUE(plan.next(view, 60'000).empty());
  plan.answered(steps[0], 60'000);
  EXPECT_TRUE(plan.next(view, 60'100).empty());
  EXPECT_EQ(plan.next(view, 60'500).size(), 1U) << "what is still true is done again";
}

TEST_F(repair_plan_test, takes_back_at_once_and_before_anything_else) {
  view.back = broker_id(2);
  view.boots[broker_id(2)] = boot_count(9);
  plan.begin_office(7, 100'000);
  const auto steps = plan.next(view, 100'000);
  ASSERT_EQ(steps.size(), 1U);
  EXPECT_EQ(std::get<eviction_step>(steps[0]), (eviction_step{broker_id(2), boot_count(9), false}));
}

}  // namespace
}  // namespace marquee::write_manager
