#include "write_manager/broker_health.h"

#include <gtest/gtest.h>

namespace marquee::write_manager {
namespace {

/// A write manager that looks every 100 ms, and brokers that tell it things every second.
class broker_health_test : public ::testing::Test {
 protected:
  explicit broker_health_test(int brokers = 3) {
    for (int id = 1; id <= brokers; ++id) {
      members[broker_id(id)] = false;
      speaking.insert(broker_id(id));
    }
  }

  /// Lets time pass; whoever speaks sends heartbeats and reports a connection to whoever is connected.
  void run(std::int64_t duration_ms) {
    for (const std::int64_t end = now_ms + duration_ms; now_ms < end;) {
      now_ms += 100;
      if (now_ms % 1000 == 0)
        for (const broker_id id : speaking) health.heard(id, report(id), now_ms);
      for (const health_change& change : health.look(members, now_ms)) changes.push_back(change);
    }
  }
  health_report report(broker_id from) const {
    std::vector<broker_id> peers;
    for (const auto& [id, evicted] : members)
      if (id != from && !unreachable.contains(id)) peers.push_back(id);
    return {.boot = boots.contains(from) ? boots.at(from) : boot_count(1),
            .connected_peers = tells_peers ? std::optional(peers) : std::nullopt,
            .stopping = stopping.contains(from)};
  }
  void die(int id) {
    speaking.erase(broker_id(id));
    unreachable.insert(broker_id(id));
  }
  void come_back(int id) {
    speaking.insert(broker_id(id));
    unreachable.erase(broker_id(id));
  }
  broker_state state(int id) const { return health.state_of(broker_id(id)); }
  std::optional<broker_id> evictable() const { return health.next_eviction(now_ms).evict; }

  broker_health_options options{.quiet_ms = 3'000, .suspect_ms = 10'000, .eviction_ms = 60'000};
  std::int64_t now_ms = 50'000;
  broker_health health{options, now_ms};
  std::map<broker_id, bool> members;
  std::set<broker_id> speaking;
  std::set<broker_id> unreachable;
  std::set<broker_id> stopping;
  std::map<broker_id, boot_count> boots;
  bool tells_peers = true;
  std::vector<health_change> changes;
};

TEST_F(broker_health_test, heartbeat_makes_a_broker_alive) {
  EXPECT_EQ(state(1), broker_state::suspect);
  run(1'000);
  for (int id = 1; id <= 3; ++id) EXPECT_EQ(state(id), broker_state::alive);
  EXPECT_FALSE(evictable());
}

TEST_F(broker_health_test, dead_broker_is_suspect_then_failed_then_to_be_evicted) {
  run(1'000);
  die(3);
  run(9'000);
  EXPECT_EQ(state(3), broker_state::alive);
  run(1'000);
  EXPECT_EQ(state(3), broker_state::suspect);
  run(2'100);
  EXPECT_EQ(state(3), broker_state::failed);
  run(59'000);
  EXPECT_FALSE(evictable());
  run(1'000);
  EXPECT_EQ(evictable(), broker_id(3));
  members[broker_id(3)] = true;
  run(100);
  EXPECT_EQ(state(3), broker_state::evicted);
  EXPECT_FALSE(evictable());
}

TEST_F(broker_health_test, each_change_is_told_once) {
  run(1'000);
  die(3);
  run(100'000);
  std::vector<broker_state> told;
  for (const health_change& change : changes)
    if (change.broker == broker_id(3)) told.push_back(change.to);
  EXPECT_EQ(told, (std::vector{broker_state::alive, broker_state::suspect, broker_state::failed}));
}

TEST_F(broker_health_test, evicted_broker_that_speaks_is_to_be_taken_back_at_once) {
  run(1'000);
  die(3);
  members[broker_id(3)] = true;
  run(20'000);
  EXPECT_FALSE(health.next_return(now_ms));
  come_back(3);
  run(1'000);
  EXPECT_EQ(health.next_return(now_ms), broker_id(3));
  EXPECT_EQ(state(3), broker_state::evicted);
  members[broker_id(3)] = false;
  run(100);
  EXPECT_EQ(state(3), broker_state::alive);
  EXPECT_FALSE(health.next_return(now_ms));
}

TEST_F(broker_health_test, evicted_broker_that_is_stopping_is_not_taken_back) {
  run(1'000);
  members[broker_id(3)] = true;
  stopping.insert(broker_id(3));
  run(2'000);
  EXPECT_FALSE(health.next_return(now_ms));
}

TEST_F(broker_health_test, silent_broker_that_others_reach_is_isolated_and_never_evicted) {
  run(1'000);
  speaking.erase(broker_id(3));
  run(12'100);
  EXPECT_EQ(state(3), broker_state::isolated);
  run(500'000);
  EXPECT_EQ(state(3), broker_state::isolated);
  EXPECT_FALSE(evictable());
  EXPECT_FALSE(health.takes_replicas(broker_id(3), now_ms));
  unreachable.insert(broker_id(3));
  run(2'000);
  EXPECT_EQ(state(3), broker_state::failed);
  EXPECT_FALSE(evictable()) << "the time in which others reached it does not count";
}

TEST_F(broker_health_test, silence_alone_is_no_failure) {
  tells_peers = false;
  run(1'000);
  die(3);
  run(500'000);
  EXPECT_EQ(state(3), broker_state::suspect);
  EXPECT_FALSE(evictable());
}

TEST_F(broker_health_test, half_of_the_live_brokers_is_no_majority) {
  members[broker_id(4)] = false;
  members[broker_id(5)] = false;
  run(1'000);
  die(3);
  // Of 1, 2, 4 and 5 only 1 and 2 tell, and both lack it: two of four.
  for (int step = 0; step < 200; ++step) {
    run(100);
    if (now_ms % 1000 != 0) continue;
    for (int id : {4, 5}) health.heard(broker_id(id), {.boot = boot_count(1)}, now_ms);
  }
  EXPECT_EQ(state(3), broker_state::suspect);
}

TEST_F(broker_health_test, more_than_a_third_at_once_means_that_nobody_is_evicted) {
  run(1'000);
  die(2);
  die(3);
  run(200'000);
  EXPECT_EQ(state(2), broker_state::failed);
  EXPECT_EQ(state(3), broker_state::failed);
  const eviction_verdict verdict = health.next_eviction(now_ms);
  EXPECT_FALSE(verdict.evict);
  EXPECT_EQ(verdict.veto, (eviction_veto{.silent = 2, .members = 3}));
  come_back(2);
  run(1'000);
  EXPECT_EQ(evictable(), broker_id(3));
}

class nine_brokers : public broker_health_test {
 protected:
  nine_brokers() : broker_health_test(9) {}
};

TEST_F(nine_brokers, a_third_at_once_is_evicted_one_by_one_longest_first) {
  run(1'000);
  die(8);
  run(1'000);
  die(5);
  die(6);
  run(200'000);
  ASSERT_EQ(evictable(), broker_id(8));
  for (int id : {8, 5, 6}) {
    ASSERT_EQ(evictable(), broker_id(id));
    members[broker_id(id)] = true;
    run(100);
  }
  EXPECT_FALSE(evictable());
}

TEST_F(nine_brokers, all_of_them_silent_says_nothing_about_any) {
  run(1'000);
  for (int id = 1; id <= 9; ++id) die(id);
  run(500'000);
  for (int id = 1; id <= 9; ++id) EXPECT_EQ(state(id), broker_state::suspect);
  EXPECT_FALSE(evictable());
}

TEST_F(broker_health_test, pause_of_this_process_is_nobodys_silence) {
  run(1'000);
  now_ms += 400'000;
  static_cast<void>(health.look(members, now_ms));
  EXPECT_EQ(health.pauses(), 1);
  EXPECT_EQ(state(1), broker_state::suspect);
  EXPECT_FALSE(health.takes_replicas(broker_id(1), now_ms)) << "it may be gone for all that is known";
  EXPECT_FALSE(evictable());
  run(1'000);
  EXPECT_EQ(state(1), broker_state::alive);
}

TEST_F(broker_health_test, after_a_pause_a_failed_broker_is_given_the_whole_time_again) {
  run(1'000);
  die(3);
  run(12'200 + 59'000);
  ASSERT_EQ(state(3), broker_state::failed);
  now_ms += 5'000;
  run(12'100);
  EXPECT_EQ(state(3), broker_state::failed);
  run(59'000);
  EXPECT_FALSE(evictable());
  run(2'000);
  EXPECT_EQ(evictable(), broker_id(3));
}

TEST_F(broker_health_test, manager_that_has_just_started_waits_as_long_as_for_a_silent_broker) {
  die(3);
  run(9'900);
  EXPECT_EQ(state(3), broker_state::suspect);
  run(2'200);
  EXPECT_EQ(state(3), broker_state::failed);
  run(59'000);
  EXPECT_FALSE(evictable());
}

TEST_F(broker_health_test, new_broker_is_given_time_to_find_the_others) {
  run(100'000);
  members[broker_id(4)] = false;
  unreachable.insert(broker_id(4));
  run(11'000);
  EXPECT_EQ(state(4), broker_state::suspect);
  EXPECT_TRUE(changes.empty() || changes.back().broker != broker_id(4));
}

TEST_F(broker_health_test, stopping_broker_is_draining_and_gets_no_replicas) {
  run(1'000);
  stopping.insert(broker_id(2));
  run(1'000);
  EXPECT_EQ(state(2), broker_state::draining);
  EXPECT_FALSE(health.takes_replicas(broker_id(2), now_ms));
  EXPECT_TRUE(health.answers(broker_id(2), now_ms));
  die(2);
  run(12'200);
  EXPECT_EQ(state(2), broker_state::failed);
  stopping.clear();
  come_back(2);
  run(1'000);
  EXPECT_EQ(state(2), broker_state::alive);
}

TEST_F(broker_health_test, three_seconds_of_silence_keep_replicas_away) {
  run(1'000);
  die(3);
  run(2'900);
  EXPECT_TRUE(health.takes_replicas(broker_id(3), now_ms));
  run(100);
  EXPECT_FALSE(health.takes_replicas(broker_id(3), now_ms));
  EXPECT_EQ(state(3), broker_state::alive);
}

TEST_F(broker_health_test, is_steady_since_it_came_was_restarted_or_was_silent) {
  run(1'000);
  EXPECT_EQ(health.steady_since_ms(broker_id(1)), 51'000);
  run(9'000);
  EXPECT_EQ(health.steady_since_ms(broker_id(1)), 51'000);
  boots[broker_id(1)] = boot_count(2);
  run(1'000);
  EXPECT_EQ(health.steady_since_ms(broker_id(1)), now_ms);
  speaking.erase(broker_id(1));
  run(2'000);
  speaking.insert(broker_id(1));
  run(1'000);
  EXPECT_EQ(health.steady_since_ms(broker_id(1)), now_ms);
  stopping.insert(broker_id(1));
  run(1'000);
  EXPECT_FALSE(health.steady_since_ms(broker_id(1)));
}

}  // namespace
}  // namespace marquee::write_manager
