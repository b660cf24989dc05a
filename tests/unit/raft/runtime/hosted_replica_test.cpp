#include "tests/unit/raft/runtime/hosted_replica_fixture.h"

namespace marquee::raft {
namespace {

TEST_F(hosted_replica_test, lone_voter_acknowledges_after_its_disk_and_not_before) {
  start({1});
  become_leader();
  EXPECT_EQ(elections_won_, 1);
  log_->disk_answers = false;
  auto& outcome = new_outcome();
  ASSERT_TRUE(propose("one", outcome).has_value());
  settle();
  EXPECT_FALSE(outcome.has_value());
  EXPECT_TRUE(machine().texts().empty());
  log_->answer_all();
  settle();
  ASSERT_TRUE(outcome && outcome->has_value());
  EXPECT_EQ((*outcome)->fsync_us, 20);
  EXPECT_EQ(machine().texts(), std::vector<std::string>{"one"});
}

TEST_F(hosted_replica_test, data_of_a_relaxed_group_is_relaxed_and_everything_else_durable) {
  start({1}, {.wanted = durability::relaxed});
  become_leader();
  auto& outcome = new_outcome();
  ASSERT_TRUE(propose("one", outcome).has_value());
  settle();
  ASSERT_TRUE(outcome.has_value());
  bool seen_data = false;
  for (const memory_log::call& each : log_->history) {
    const bool data = !each.request.entries.empty() && each.request.entries[0].type == entry_type::data;
    seen_data |= data;
    EXPECT_EQ(each.wanted, data ? durability::relaxed : durability::durable);
  }
  EXPECT_TRUE(seen_data);
}

TEST_F(hosted_replica_test, log_start_that_was_applied_moves_the_log_and_stands_in_the_state_block) {
  start({1});
  become_leader();
  auto& first = new_outcome();
  ASSERT_TRUE(propose("one", first).has_value());
  settle();
  proposal wanted;
  wanted.type = entry_type::log_start;
  const log_start_mark mark{record_offset(0), who_->applied_index() + 1};
  wanted.head = shared_bytes::of(encode_log_start(mark));
  ASSERT_TRUE(who_->propose(std::move(wanted), {}).has_value());
  EXPECT_FALSE(log_->log_start);
  settle();
  EXPECT_EQ(log_->log_start, mark);
  EXPECT_EQ(who_->make_checkpoint()->state.log_start, mark.offset);
  EXPECT_FALSE(fenced_);
}

TEST_F(hosted_replica_test, segment_that_is_full_or_old_asks_for_a_checkpoint) {
  start({1});
  become_leader();
  EXPECT_EQ(segments_ended_, 0);
  who_->tend_segments(1000);
  EXPECT_EQ(segments_ended_, 1);
  EXPECT_EQ(log_->drops, 1);
  auto& outcome = new_outcome();
  ASSERT_TRUE(propose("one", outcome).has_value());
  settle();
  EXPECT_GT(segments_ended_, 1);
}

// DESIGN D4: a loss was accepted while this replica was away.
TEST_F(hosted_replica_test,
       replica_whose_committed_entries_are_not_the_leaders_is_fenced_and_keeps_its_data) {
  start({1, 2, 3}, {.wanted = durability::relaxed});
  const auto append = [this](int from, int term) {
    entry e;
    e.type = entry_type::no_op;
    e.term = term_number(term);
    e.index = log_index(1);
    seal_entry(e);
    message m;
    m.type = message_type::append_request;
    m.from = replica_of(from);
    m.to = replica_of(1);
    m.term = term_number(term);
    m.entries = {e};
    m.commit = log_index(1);
    who_->receive(m);
    settle();
  };
  append(2, 1);
  EXPECT_EQ(who_->commit_index(), log_index(1));
  append(3, 2);
  ASSERT_TRUE(fenced_.has_value());
  EXPECT_NE(fenced_->message.find("a loss was accepted"), std::string::npos);
  EXPECT_EQ(log_->term_at(log_index(1)), term_number(1));
}

TEST_F(hosted_replica_test, full_log_queue_refuses_proposals_and_passes_on_what_was_taken_later) {
  start({1});
  become_leader();
  log_->refuse_with = error{error_code::overloaded, "full"};
  auto& first = new_outcome();
  ASSERT_TRUE(propose("one", first).has_value());
  settle();
  auto& second = new_outcome();
  const auto refused = propose("two", second);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, error_code::overloaded);
  log_->refuse_with.reset();
  advance_ms(10);
  ASSERT_TRUE(first && first->has_value());
  EXPECT_EQ(machine().texts(), std::vector<std::string>{"one"});
  EXPECT_FALSE(second.has_value());
}

TEST_F(hosted_replica_test, failed_log_fences_the_replica_and_leaves_proposals_unknown) {
  start({1});
  become_leader();
  log_->disk_answers = false;
  auto& outcome = new_outcome();
  ASSERT_TRUE(propose("one", outcome).has_value());
  settle();
  log_->answer_all(fail(error_code::io, "the disk is gone"));
  settle();
  ASSERT_TRUE(outcome.has_value());
  EXPECT_FALSE(outcome->has_value());
  ASSERT_TRUE(fenced_.has_value());
  EXPECT_TRUE(machine().has_stopped());
  auto& later = new_outcome();
  EXPECT_EQ(propose("two", later).error().code, error_code::unavailable);
}

TEST_F(hosted_replica_test, committed_entry_that_cannot_be_read_fences_the_replica) {
  start({1});
  become_leader();
  log_->unreadable = true;
  auto& outcome = new_outcome();
  ASSERT_TRUE(propose("one", outcome).has_value());
  settle();
  EXPECT_TRUE(fenced_.has_value());
  ASSERT_TRUE(outcome.has_value());
  EXPECT_FALSE(outcome->has_value());
}

TEST_F(hosted_replica_test, proposals_are_bounded) {
  options_.proposals_most = 2;
  start({1, 2, 3});
  become_leader();
  followers_answer_ = false;
  auto& outcome = new_outcome();
  EXPECT_TRUE(propose("one", outcome).has_value());
  EXPECT_TRUE(propose("two", outcome).has_value());
  EXPECT_EQ(propose("three", outcome).error().code, error_code::overloaded);
}

TEST_F(hosted_replica_test, leader_without_a_majority_steps_down_and_its_proposals_are_unknown) {
  start({1, 2, 3});
  become_leader();
  followers_answer_ = false;
  auto& outcome = new_outcome();
  ASSERT_TRUE(propose("one", outcome).has_value());
  advance_ms(1500);
  EXPECT_FALSE(who_->is_leader());
  EXPECT_FALSE(who_->is_leader_ready());
  ASSERT_TRUE(outcome.has_value());
  EXPECT_EQ(outcome->error().code, error_code::not_leader);
  EXPECT_EQ(heartbeats_posted_, 0u);
}

TEST_F(hosted_replica_test, leader_posts_its_heartbeats_for_the_heartbeat_thread) {
  start({1, 2, 3});
  become_leader();
  advance_ms(200);
  EXPECT_EQ(heartbeats_posted_, 2u);
}

TEST_F(hosted_replica_test, leader_whose_disk_is_silent_hands_over) {
  start({1, 2, 3});
  become_leader();
  log_->disk_answers = false;
  auto& outcome = new_outcome();
  ASSERT_TRUE(propose("one", outcome).has_value());
  advance_ms(4900);
  EXPECT_TRUE(who_->is_leader());
  sent_.clear();
  advance_ms(300);
  EXPECT_TRUE(
      std::ranges::any_of(sent_, [](const message& m) { return m.type == message_type::timeout_now; }));
  EXPECT_EQ(propose("two", outcome).error().code, error_code::unavailable);
}

TEST_F(hosted_replica_test, leader_whose_disk_is_silent_falls_silent_itself_if_nobody_takes_over) {
  start({1, 2, 3});
  become_leader();
  log_->disk_answers = false;
  auto& outcome = new_outcome();
  ASSERT_TRUE(propose("one", outcome).has_value());
  advance_ms(8500);
  EXPECT_EQ(heartbeats_posted_, 0u);
  EXPECT_FALSE(who_->is_leader());
}

TEST_F(hosted_replica_test, read_barrier_waits_for_the_followers) {
  start({1, 2, 3});
  become_leader();
  followers_answer_ = false;
  const auto shared = std::make_shared<std::optional<result<>>>();
  const auto& answer = *shared;
  who_->read_barrier([shared](result<> done) { *shared = std::move(done); });
  advance_ms(50);
  EXPECT_FALSE(answer.has_value());
  followers_answer_ = true;
  advance_ms(200);
  ASSERT_TRUE(answer.has_value());
  EXPECT_TRUE(answer->has_value());
}

TEST_F(hosted_replica_test, checkpoint_part_says_how_far_the_machine_is) {
  start({1});
  become_leader();
  auto& outcome = new_outcome();
  ASSERT_TRUE(propose("one", outcome).has_value());
  settle();
  const auto part = who_->make_checkpoint();
  ASSERT_TRUE(part.has_value());
  EXPECT_EQ(part->state.applied, who_->applied_index());
  EXPECT_EQ(part->state.applied_term, who_->term());
  EXPECT_FALSE(part->state.application_state.empty());
}

}  // namespace
}  // namespace marquee::raft
