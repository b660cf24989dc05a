#include <atomic>

#include "raft/core/log_start.h"
#include "tests/unit/raft/runtime/hosted_replica_fixture.h"

namespace marquee::raft {
namespace {

TEST_F(hosted_replica_test, leader_whose_disk_is_nearly_full_hands_over_and_takes_no_records) {
  std::atomic<bool> low = false;
  environment_.low_space = &low;
  start({1, 2, 3});
  become_leader();
  sent_.clear();
  low = true;
  auto& outcome = new_outcome();
  EXPECT_EQ(propose("one", outcome).error().code, error_code::no_space);
  proposal start_of_log;
  start_of_log.type = entry_type::log_start;
  start_of_log.head = shared_bytes::of(encode_log_start({record_offset(0), log_index(1)}));
  EXPECT_TRUE(who_->propose(std::move(start_of_log), [](const auto&) {})) << "retention frees space";
  advance_ms(100);
  EXPECT_TRUE(
      std::ranges::any_of(sent_, [](const message& m) { return m.type == message_type::timeout_now; }));
  low = false;
  advance_ms(2000);
  auto& later = new_outcome();
  EXPECT_TRUE(propose("two", later)) << "nobody took over, and there is space again";
  who_->stop(error{error_code::cancelled, "the test is over"});
}

TEST_F(hosted_replica_test, leader_whose_log_met_a_full_disk_hands_over_and_takes_no_records) {
  std::atomic<bool> lacking = false;
  environment_.log_lacks_space = &lacking;
  start({1, 2, 3});
  become_leader();
  sent_.clear();
  lacking = true;
  auto& outcome = new_outcome();
  EXPECT_EQ(propose("one", outcome).error().code, error_code::no_space);
  advance_ms(100);
  EXPECT_TRUE(
      std::ranges::any_of(sent_, [](const message& m) { return m.type == message_type::timeout_now; }));
  who_->stop(error{error_code::cancelled, "the test is over"});
}

TEST_F(hosted_replica_test, follower_whose_disk_is_nearly_full_is_handed_nothing) {
  std::atomic<bool> low = true;
  environment_.low_space = &low;
  followers_answer_ = false;
  start({1, 2, 3});
  message hand_over;
  hand_over.type = message_type::heartbeat_request;
  hand_over.from = replica_of(2);
  hand_over.to = replica_of(1);
  hand_over.term = term_number(5);
  who_->receive(hand_over);
  settle();
  ASSERT_EQ(who_->leader(), replica_of(2));
  hand_over.type = message_type::timeout_now;
  const auto stands_for_election = [&] {
    sent_.clear();
    who_->receive(hand_over);
    settle();
    answer_as_followers();
    return std::ranges::any_of(sent_, [](const message& m) { return m.type == message_type::vote_request; });
  };
  EXPECT_FALSE(stands_for_election());
  low = false;
  EXPECT_TRUE(stands_for_election());
}

TEST_F(hosted_replica_test, leader_that_meets_damage_hands_over_and_stands_aside) {
  start({1, 2, 3});
  become_leader();
  sent_.clear();
  log_->damage = error{error_code::corrupt, "a.segment: at byte 7"};
  advance_ms(10);
  EXPECT_TRUE(
      std::ranges::any_of(sent_, [](const message& m) { return m.type == message_type::timeout_now; }));
  EXPECT_FALSE(fenced_) << "the target takes over first";
  advance_ms(static_cast<int>(options_.handover_ms) + 20);
  ASSERT_TRUE(fenced_);
  EXPECT_NE(fenced_->message.find("a.segment: at byte 7"), std::string::npos);
  EXPECT_FALSE(who_->is_leader());
}

TEST_F(hosted_replica_test, follower_that_meets_damage_stands_aside_at_once) {
  followers_answer_ = false;
  start({1, 2, 3});
  log_->damage = error{error_code::corrupt, "a.segment: at byte 7"};
  advance_ms(10);
  EXPECT_TRUE(fenced_);
}

}  // namespace
}  // namespace marquee::raft
