// Two managers and who of them owns a consumer (DESIGN D12).

#include "read_manager/ownership.h"

#include <gtest/gtest.h>

#include <future>

#include "test_manager.h"

namespace marquee::read_manager {
namespace {

consumer_record owned_by(const std::string& owner, std::int32_t epoch = 3) {
  consumer_record record;
  record.standing = consumer_record::state::live;
  record.epoch = epoch;
  record.owner = owner;
  return record;
}

TEST(ownership, nobodys_consumer_and_ones_own_are_claimed) {
  EXPECT_EQ(next_step(owned_by("", 0), "me", arrival::direct), ownership_step::claim);
  EXPECT_EQ(next_step(owned_by("me"), "me", arrival::direct), ownership_step::claim);
  EXPECT_EQ(next_step(owned_by("me"), "me", arrival::forwarded), ownership_step::claim);
}

TEST(ownership, anothers_consumer_is_forwarded_once) {
  EXPECT_EQ(next_step(owned_by("other"), "me", arrival::direct), ownership_step::forward);
  EXPECT_EQ(next_step(owned_by("other"), "me", arrival::forwarded), ownership_step::tell_not_owner);
}

TEST(ownership, unknown_and_deleted_consumers_are_not_found) {
  EXPECT_EQ(next_step({}, "me", arrival::direct), ownership_step::not_found);
  consumer_record gone = owned_by("me");
  gone.standing = consumer_record::state::deleted;
  EXPECT_EQ(next_step(gone, "me", arrival::direct), ownership_step::not_found);
}

TEST(ownership, an_owner_that_is_gone_or_silent_loses_the_consumer_and_a_slow_one_does_not) {
  EXPECT_EQ(decide_after_forward({.answered = true}), after_forward::pass_on);
  EXPECT_EQ(decide_after_forward({.refused_or_reset = true}), after_forward::take_over);
  EXPECT_EQ(decide_after_forward({.confirmed = true, .refused_or_reset = true}), after_forward::take_over);
  EXPECT_EQ(decide_after_forward({}), after_forward::take_over);
  EXPECT_EQ(decide_after_forward({.confirmed = true}), after_forward::give_up);
}

class two_managers : public testing::Test {
 protected:
  two_managers() {
    id = first.consumer_id(1);
    cluster.register_consumer(id, {{0, 0}});
    cluster.append(0, {"a0", "a1", "a2", "a3", "a4", "a5"});
  }
  fake_cluster cluster{1};
  test_manager first{cluster, "rm-1"};
  test_manager second{cluster, "rm-2"};
  std::string id;
};

TEST_F(two_managers, any_manager_answers_and_the_owner_stays_the_same) {
  EXPECT_EQ(first.read(id), "a0");
  EXPECT_EQ(second.read(id), "a1");
  EXPECT_EQ(first.read(id), "a2");
  EXPECT_EQ(second.read(id), "a3");
  EXPECT_EQ(cluster.consumer(id).owner, first.address());
  EXPECT_EQ(cluster.consumer(id).epoch, 1);
  EXPECT_EQ(second.counted("forwarded"), 2U);
  EXPECT_EQ(second.call("GET", "/consumer/" + id).status, 200);
  EXPECT_EQ(second.call("GET", "/size?topic=orders&consumer_id=" + id).body["size"], 2);
}

TEST_F(two_managers, a_dead_owner_is_replaced_at_once_from_the_committed_position) {
  EXPECT_EQ(first.read(id), "a0");
  EXPECT_EQ(first.read(id), "a1");
  first.kill();
  const auto began = std::chrono::steady_clock::now();
  EXPECT_EQ(second.read(id), "a1") << "delivered but not committed: repeated, never skipped";
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::milliseconds(900));
  EXPECT_EQ(cluster.consumer(id).owner, second.address());
  EXPECT_EQ(second.counted("taken_over"), 1U);
}

TEST_F(two_managers, what_is_committed_after_a_take_over_is_not_delivered_again) {
  EXPECT_EQ(first.read(id, {{"max", 3}, {"commit", "manual"}}), "a0 a1 a2");
  first.kill();
  const nlohmann::json three = {{{"partition", 0}, {"offset", 3}}};
  const reply committed =
      second.call("POST", "/consumer/commit", {{"consumer_id", id}, {"positions", three}});
  EXPECT_EQ(committed.status, 200);
  EXPECT_EQ(second.read(id, {{"commit", "manual"}}), "a3");
}

TEST_F(two_managers, an_owner_that_does_not_confirm_in_time_is_replaced) {
  EXPECT_EQ(first.read(id), "a0");
  first.freeze_ms(2'500);
  EXPECT_EQ(second.read(id), "a0");
  EXPECT_EQ(second.read(id), "a1");
  EXPECT_EQ(cluster.consumer(id).owner, second.address());
  // The old owner wakes up, sees that it is not the owner any more, and forwards.
  EXPECT_EQ(first.read(id), "a2");
  EXPECT_EQ(cluster.consumer(id).owner, second.address());
}

TEST_F(two_managers, an_owner_that_a_load_balancer_calls_silent_is_given_less_time) {
  EXPECT_EQ(first.read(id), "a0");
  first.freeze_ms(1'500);
  const auto began = std::chrono::steady_clock::now();
  EXPECT_EQ(second.read_naming("127.0.0.1:1," + first.address(), id), "a0");
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::milliseconds(900));
  EXPECT_EQ(cluster.consumer(id).owner, second.address());
  EXPECT_EQ(second.read(id), "a1");
}

TEST_F(two_managers, an_owner_that_answers_stays_the_owner_whatever_a_load_balancer_says) {
  EXPECT_EQ(first.read(id), "a0");
  EXPECT_EQ(second.read_naming(first.address(), id), "a1");
  EXPECT_EQ(cluster.consumer(id).owner, first.address());
}

TEST_F(two_managers, who_is_silent_is_believed_of_the_cluster_only_and_of_those_that_are_named) {
  EXPECT_EQ(first.read(id), "a0");
  first.freeze_ms(700);
  EXPECT_EQ(second.read_naming(first.address(), id, without_proof), "a1");
  first.freeze_ms(700);
  EXPECT_EQ(second.read_naming("127.0.0.1:1", id), "a2");
  EXPECT_EQ(cluster.consumer(id).owner, first.address());
}

TEST_F(two_managers, a_lost_answer_of_a_silent_owner_is_settled_soon) {
  EXPECT_EQ(first.read_as("one", id), "a0");
  first.freeze_ms(1'500);
  const auto began = std::chrono::steady_clock::now();
  EXPECT_EQ(second.tell("/internal/undelivered?consumer_id=" + id + "&attempt=one", first.address()), 200);
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::milliseconds(900));
  EXPECT_EQ(cluster.consumer(id).owner, second.address());
  EXPECT_EQ(second.read(id), "a0");
}

TEST_F(two_managers, a_consumer_of_a_silent_owner_is_described_by_its_committed_positions) {
  EXPECT_EQ(first.read(id), "a0");
  first.freeze_ms(1'500);
  const auto began = std::chrono::steady_clock::now();
  const reply got = second.call("GET", "/consumer/" + id, nullptr,
                                second.signed_headers("GET", "/consumer/" + id, first.address()));
  EXPECT_EQ(got.body["consumer"]["positions"][0]["offset"], 0);
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::milliseconds(900));
  EXPECT_EQ(cluster.consumer(id).owner, first.address()) << "who only looks takes nothing over";
}

TEST_F(two_managers, a_fenced_owner_finds_out_by_its_commit) {
  EXPECT_EQ(first.read(id), "a0");
  cluster.claim_for(id, second.address());
  EXPECT_EQ(first.read(id), "a0") << "second begins at the committed position";
  EXPECT_EQ(second.counted("claimed"), 1U);
  EXPECT_EQ(first.counted("forwarded"), 1U);
}

TEST_F(two_managers, a_long_poll_at_the_owner_is_waited_for_by_the_other) {
  EXPECT_EQ(first.read(id, {{"max", 6}}), "a0 a1 a2 a3 a4 a5");
  EXPECT_EQ(second.read(id, {{"wait_ms", 1'500}}), "") << "longer than the owner has to confirm";
  EXPECT_EQ(cluster.consumer(id).owner, first.address());
}

TEST_F(two_managers, an_owner_that_stops_after_it_has_confirmed_is_replaced) {
  EXPECT_EQ(first.read(id, {{"max", 6}, {"commit", "manual"}}), "a0 a1 a2 a3 a4 a5");
  auto waiting = std::async(std::launch::async, [&] {
    return second.read(id, {{"poll", 2}, {"max", 9}, {"wait_ms", 10'000}, {"commit", "manual"}});
  });
  cluster.later([&] { first.freeze_ms(2'500); });
  EXPECT_EQ(waiting.get(), "a0 a1 a2 a3 a4 a5") << "from the committed position, with nothing to wait for";
  EXPECT_EQ(cluster.consumer(id).owner, second.address());
  EXPECT_EQ(second.counted("taken_over"), 1U);
}

TEST_F(two_managers, an_owner_that_stood_still_looks_before_it_serves_from_memory) {
  EXPECT_EQ(first.read(id, {{"commit", "manual"}}), "a0");
  const auto long_poll = std::async(std::launch::async, [&] { first.freeze_ms(700); });
  long_poll.wait();
  cluster.claim_for(id, second.address());
  EXPECT_EQ(first.read(id, {{"commit", "manual"}}), "a0") << "the new owner answers";
  EXPECT_EQ(first.counted("forwarded"), 1U);
}

TEST_F(two_managers, a_long_poll_that_outlived_the_ownership_is_answered_by_the_new_owner) {
  EXPECT_EQ(first.read(id, {{"max", 6}, {"commit", "manual"}}), "a0 a1 a2 a3 a4 a5");
  auto waiting = std::async(std::launch::async, [&] {
    return first.read(id, {{"max", 9}, {"wait_ms", 10'000}, {"commit", "manual"}});
  });
  cluster.later([&] {
    first.freeze_ms(700);
    cluster.claim_for(id, second.address());
    cluster.append(0, {"a6"});
  });
  EXPECT_EQ(waiting.get(), "a0 a1 a2 a3 a4 a5 a6") << "from the committed position";
}

TEST_F(two_managers, what_an_attempt_delivered_is_read_again_when_its_sender_lost_it) {
  EXPECT_EQ(first.read_as("one", id), "a0");
  EXPECT_EQ(second.say_undelivered(id, "another"), 200);
  EXPECT_EQ(first.read_as("two", id), "a1");
  EXPECT_EQ(second.say_undelivered(id, "two"), 200) << "any manager takes it";
  EXPECT_EQ(second.read_as("three", id), "a1") << "through the other manager";
  EXPECT_EQ(first.say_undelivered(id, "two"), 200) << "too late";
  EXPECT_EQ(first.say_undelivered(id, "three"), 200);
  EXPECT_EQ(first.read_as("four", id), "a1");
  EXPECT_EQ(first.say_undelivered(id, "five"), 200) << "overtakes the request itself";
  EXPECT_EQ(first.consume_as("five", id).status, 499);
  EXPECT_EQ(first.read_as("six", id), "a2");
}

TEST_F(two_managers, an_owner_that_was_never_told_of_a_lost_attempt_learns_of_it_from_the_next) {
  EXPECT_EQ(first.read_as("one", id), "a0");
  EXPECT_EQ(first.read_as("two", id), "a1");
  EXPECT_EQ(first.say_undelivered(id, "two"), 200);
  first.kill();
  // The lost attempt was under way to the other manager as well, which takes the consumer over for it.
  EXPECT_EQ(second.read_as("two", id, {{"max", 2}}), "a1 a2") << "from the committed position";
  EXPECT_EQ(second.read_as("three", id, {{"max", 2}}, "zero,two"), "a1 a2") << "nobody has read that answer";
  EXPECT_EQ(second.read_as("four", id, {}, "zero,two"), "a3") << "an old loss is undone once";
  EXPECT_EQ(second.consume_as("zero", id).status, 499)
      << "what comes after its loss was told delivers nothing";
}

TEST_F(two_managers, the_lost_attempts_are_passed_on_to_the_owner) {
  EXPECT_EQ(first.read_as("one", id), "a0");
  EXPECT_EQ(second.read_as("two", id, {}, "one"), "a0");
}

TEST_F(two_managers, an_attempt_that_was_given_up_ends_its_long_poll) {
  EXPECT_EQ(first.read_as("one", id, {{"max", 6}}), "a0 a1 a2 a3 a4 a5");
  auto waiting = std::async(std::launch::async,
                            [&] { return first.consume_as("two", id, {{"wait_ms", 20'000}}).status; });
  EXPECT_EQ(second.say_undelivered(id, "two"), 200);
  EXPECT_EQ(waiting.get(), 499);
}

TEST_F(two_managers, an_owner_that_cannot_be_told_of_a_lost_answer_loses_the_consumer) {
  EXPECT_EQ(first.read_as("one", id), "a0");
  first.freeze_ms(1'500);
  EXPECT_EQ(second.say_undelivered(id, "one"), 200);
  EXPECT_EQ(cluster.consumer(id).owner, second.address());
  EXPECT_EQ(second.read(id), "a0");
}

TEST_F(two_managers, the_answer_to_a_numbered_poll_is_not_given_up) {
  EXPECT_EQ(first.read_as("one", id, {{"poll", 1}}), "a0");
  EXPECT_EQ(first.say_undelivered(id, "one"), 200);
  EXPECT_EQ(first.read_as("two", id, {{"poll", 1}}), "a0");
  EXPECT_EQ(first.read_as("three", id, {{"poll", 2}}), "a1");
}

TEST_F(two_managers, a_deleted_consumer_is_let_go_by_its_owner) {
  EXPECT_EQ(first.read(id), "a0");
  EXPECT_EQ(first.tell("/internal/release?consumer_id=" + id), 200);
  EXPECT_EQ(first.read(id), "a0") << "claimed again, at the committed position";
}

TEST_F(two_managers, an_answer_that_the_forwarder_could_not_pass_on_is_read_again) {
  EXPECT_EQ(first.read(id, {{"max", 6}}), "a0 a1 a2 a3 a4 a5");
  second.consume_and_hang_up(id);
  cluster.append(0, {"a6", "a7"});
  // Either nobody waited any more when they came, or they were given out and are taken back.
  const auto reaches = [&](std::int64_t patience_ms, const auto& holds) {
    for (const net::deadline end = net::deadline::in_ms(patience_ms); !end.passed();)
      if (holds()) return true;
    return false;
  };
  (void)reaches(300, [&] { return first.counted("messages") == 8; });
  EXPECT_TRUE(reaches(
      2'000, [&] { return first.call("GET", "/size?topic=orders&consumer_id=" + id).body["size"] == 2; }));
  EXPECT_EQ(first.read(id, {{"max", 2}, {"wait_ms", 2'000}}), "a6 a7");
}

TEST_F(two_managers, one_that_stops_lets_its_consumers_go_and_nothing_is_repeated) {
  EXPECT_EQ(first.read(id, {{"max", 2}, {"poll", 1}}), "a0 a1");
  first.announce_stop();
  // It commits what this poll confirms; who takes over goes on behind it.
  EXPECT_EQ(first.read(id, {{"max", 2}, {"poll", 2}}), "STOPPING");
  EXPECT_EQ(second.read(id, {{"max", 2}, {"poll", 2}}), "a2 a3");
}

TEST_F(two_managers, a_forwarded_poll_takes_over_from_an_owner_that_stops) {
  EXPECT_EQ(first.read(id, {{"max", 2}, {"poll", 1}}), "a0 a1");
  first.announce_stop();
  EXPECT_EQ(second.read(id, {{"max", 2}, {"poll", 2}}), "a2 a3");
}

TEST_F(two_managers, one_that_stops_takes_no_consumer) {
  first.announce_stop();
  EXPECT_EQ(first.read(id), "STOPPING");
  EXPECT_EQ(first.counted("claimed"), 0U);
}

TEST_F(two_managers, one_that_stops_repeats_a_numbered_answer_that_was_lost) {
  EXPECT_EQ(first.read(id, {{"max", 2}, {"poll", 1}}), "a0 a1");
  first.announce_stop();
  EXPECT_EQ(first.read(id, {{"max", 2}, {"poll", 1}}), "a0 a1");
}

TEST_F(two_managers, a_long_poll_ends_at_once_when_its_sender_can_wait_no_longer) {
  EXPECT_EQ(first.read(id, {{"max", 6}, {"poll", 1}}), "a0 a1 a2 a3 a4 a5");
  auto waiting =
      std::async(std::launch::async, [&] { return second.read(id, {{"wait_ms", 20'000}, {"poll", 2}}); });
  const auto begin = std::chrono::steady_clock::now();
  while (waiting.wait_for(std::chrono::milliseconds(20)) != std::future_status::ready)
    ASSERT_EQ(second.tell("/internal/answer-now?consumer_id=" + id),
              200);  // of the owner, through the other one
  EXPECT_EQ(waiting.get(), "");
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(10));
}

}  // namespace
}  // namespace marquee::read_manager
