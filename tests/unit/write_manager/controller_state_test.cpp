#include "write_manager/controller_state.h"

#include <gtest/gtest.h>

#include "write_manager/broker_registry.h"

namespace marquee::write_manager {
namespace {

const std::map<broker_id, boot_count> two_brokers{{broker_id(1), boot_count(1)},
                                                  {broker_id(2), boot_count(1)}};
const push_answer accepted{push_answer::kind::accepted};

std::vector<planned_push> push_all(controller_state& state, db::metadata_version version) {
  const auto pushes = state.next(two_brokers, version, 0);
  for (const planned_push& push : pushes) state.answered(push, version, accepted, 0);
  return pushes;
}

TEST(controller_state, tells_everything_first_and_then_what_changed) {
  controller_state state;
  state.begin_office(1);
  const auto first = push_all(state, 5);
  ASSERT_EQ(first.size(), 2U);
  EXPECT_EQ(first[0].from, 0);
  EXPECT_TRUE(push_all(state, 5).empty());
  const auto second = push_all(state, 7);
  ASSERT_EQ(second.size(), 2U);
  EXPECT_EQ(second[0].from, 5);
  EXPECT_TRUE(state.all_know({broker_id(1), broker_id(2)}, 7));
  EXPECT_FALSE(state.all_know({broker_id(3)}, 7));
}

TEST(controller_state, tells_one_thing_at_a_time) {
  controller_state state;
  EXPECT_EQ(state.next(two_brokers, 5, 0).size(), 2U);
  EXPECT_TRUE(state.next(two_brokers, 6, 0).empty());
}

TEST(controller_state, gap_means_everything_again) {
  controller_state state;
  push_all(state, 5);
  const auto pushes = state.next(two_brokers, 7, 0);
  state.answered(pushes[0], 7, {push_answer::kind::gap}, 0);
  const auto again = state.next({{broker_id(1), boot_count(1)}}, 7, 0);
  ASSERT_EQ(again.size(), 1U);
  EXPECT_EQ(again[0].from, 0);
}

TEST(controller_state, restarted_broker_and_new_office_mean_everything_again) {
  controller_state state;
  push_all(state, 5);
  const auto restarted = state.next({{broker_id(1), boot_count(2)}}, 5, 0);
  ASSERT_EQ(restarted.size(), 1U);
  EXPECT_EQ(restarted[0].from, 0);
  state.answered(restarted[0], 5, accepted, 0);
  state.begin_office(2);
  EXPECT_EQ(state.next({{broker_id(1), boot_count(2)}, {broker_id(2), boot_count(1)}}, 5, 0).size(), 2U);
}

TEST(controller_state, answer_from_before_a_restart_proves_nothing) {
  controller_state state;
  const auto before = state.next({{broker_id(1), boot_count(1)}}, 5, 0);
  EXPECT_TRUE(state.next({{broker_id(1), boot_count(2)}}, 5, 0).empty());
  state.answered(before[0], 5, accepted, 0);
  EXPECT_EQ(state.next({{broker_id(1), boot_count(2)}}, 5, 0).size(), 1U);
}

TEST(controller_state, waits_after_a_failure) {
  controller_state state;
  const auto pushes = state.next({{broker_id(1), boot_count(1)}}, 5, 0);
  state.answered(pushes[0], 5, {push_answer::kind::failed}, 1000);
  EXPECT_TRUE(state.next({{broker_id(1), boot_count(1)}}, 5, 1100).empty());
  EXPECT_EQ(state.next({{broker_id(1), boot_count(1)}}, 5, 1600).size(), 1U);
}

TEST(metadata_push_codec, reads_what_brokers_answer) {
  EXPECT_EQ(decode_push_answer(200, "{}").what, push_answer::kind::accepted);
  EXPECT_EQ(decode_push_answer(409, R"({"code":"METADATA_GAP"})").what, push_answer::kind::gap);
  const push_answer stale = decode_push_answer(409, R"({"code":"STALE_CONTROLLER","controller_epoch":12})");
  EXPECT_EQ(stale.what, push_answer::kind::stale_controller);
  EXPECT_EQ(stale.known_epoch, 12);
  EXPECT_EQ(decode_push_answer(500, "\xff not json").what, push_answer::kind::failed);
}

TEST(metadata_push_codec, delta_holds_only_what_is_newer) {
  db::metadata_cache cache;
  db::metadata_changes changes;
  changes.version = 9;
  changes.cluster.cluster_id.octets.fill(1);
  db::topic_row old_topic{.topic_id = uuid::random(), .name = "old", .version = 4};
  db::topic_row gone{.topic_id = uuid::random(), .name = "gone", .deleted_ms = 5, .version = 9};
  changes.topics = {old_topic, gone};
  static_cast<void>(cache.apply(changes));
  const std::string full = encode_metadata_push({3, "wm-1"}, *cache.snapshot(), 0);
  EXPECT_NE(full.find("\"old\""), std::string::npos);
  const std::string delta = encode_metadata_push({3, "wm-1"}, *cache.snapshot(), 4);
  EXPECT_EQ(delta.find("\"old\""), std::string::npos);
  EXPECT_NE(delta.find("\"deleted\":true"), std::string::npos);
  EXPECT_NE(delta.find("\"from_version\":4"), std::string::npos);
  EXPECT_NE(delta.find("\"to_version\":9"), std::string::npos);
}

TEST(broker_registry, tells_brokers_that_were_not_heard_of_before_or_were_started_again) {
  simulated_clock time;
  broker_registry registry(time, {});
  EXPECT_EQ(registry.state_of(broker_id(1)), broker_state::suspect);
  EXPECT_TRUE(registry.note({broker_id(1), incarnation_id(1)}, {boot_count(1), {}}));
  time.advance_ms(1);
  EXPECT_TRUE(registry.note({broker_id(2), incarnation_id(2)}, {boot_count(1), {}}));
  EXPECT_FALSE(registry.note({broker_id(2), incarnation_id(2)}, {boot_count(1), {}}));
  EXPECT_EQ(registry.state_of(broker_id(2)), broker_state::alive);
  EXPECT_TRUE(registry.note({broker_id(2), incarnation_id(2)}, {boot_count(2), {}}));
}

TEST(broker_registry, tells_a_second_process_with_one_boot_count_from_the_first_one) {
  simulated_clock time;
  broker_registry registry(time, {});
  const replica_id replica{broker_id(1), incarnation_id(1)};
  EXPECT_FALSE(registry.runs_twice(replica, {boot_count(3), process_id(8)}));
  static_cast<void>(registry.note(replica, {boot_count(3), process_id(7)}));
  EXPECT_FALSE(registry.runs_twice(replica, {boot_count(3), process_id(7)}));
  EXPECT_TRUE(registry.runs_twice(replica, {boot_count(3), process_id(8)}));
  EXPECT_FALSE(registry.runs_twice(replica, {boot_count(4), process_id(8)})) << "it was started again";
  EXPECT_FALSE(registry.runs_twice(replica, {boot_count(3), process_id(0)})) << "an older release";
  EXPECT_FALSE(registry.runs_twice({broker_id(1), incarnation_id(2)}, {boot_count(3), process_id(8)}));
}

TEST(broker_registry, places_replicas_on_brokers_that_answer_and_stay) {
  simulated_clock time;
  broker_registry registry(time, {});
  db::metadata_cache cache;
  db::metadata_changes changes;
  changes.version = 9;
  changes.cluster.cluster_id.octets.fill(1);
  for (int id = 1; id <= 5; ++id)
    changes.brokers.push_back({.id = broker_id(id), .incarnation = incarnation_id(id), .version = 5});
  changes.brokers[1].evicted_ms = 77;
  static_cast<void>(cache.apply(changes));
  time.advance_ms(1);
  const auto note = [&](int id, const broker_report& report = {}) {
    static_cast<void>(registry.note({broker_id(id), incarnation_id(id)}, {boot_count(1), {}}, report));
  };
  note(4);
  time.advance_ms(3'000);
  for (int id : {1, 2}) note(id);
  note(3, {.stopping = true});
  static_cast<void>(registry.look(*cache.snapshot()));
  const auto candidates = registry.candidates(*cache.snapshot());
  ASSERT_EQ(candidates.size(), 1U) << "2 is evicted, 3 draining, 4 quiet, 5 was never heard";
  EXPECT_EQ(candidates[0].replica.broker, broker_id(1));
  EXPECT_EQ(registry.live(*cache.snapshot()).size(), 3U);
  EXPECT_EQ(registry.state_of(broker_id(2)), broker_state::evicted);
}

TEST(broker_registry, rates_are_those_of_living_brokers_since_their_start) {
  simulated_clock time;
  broker_registry registry(time, {});
  const replica_id first{broker_id(1), incarnation_id(1)};
  const replica_id second{broker_id(2), incarnation_id(2)};
  EXPECT_FALSE(registry.rates().has_value());
  time.advance_ms(1);
  (void)registry.note(first, {boot_count(1), {}}, {.produced_records = 100, .fetched_records = 50});
  (void)registry.note(second, {boot_count(1), {}}, {.produced_records = 7'000, .fetched_records = 0});
  EXPECT_FALSE(registry.rates().has_value());
  time.advance_ms(1000);
  (void)registry.note(first, {boot_count(1), {}}, {.produced_records = 300, .fetched_records = 60});
  (void)registry.note(second, {boot_count(2), {}}, {.produced_records = 5, .fetched_records = 0});
  ASSERT_TRUE(registry.rates().has_value());
  EXPECT_DOUBLE_EQ(registry.rates()->produced_per_s, 200.0);
  EXPECT_DOUBLE_EQ(registry.rates()->consumed_per_s, 10.0);
  time.advance_ms(3000);
  EXPECT_FALSE(registry.rates().has_value());
}

}  // namespace
}  // namespace marquee::write_manager
