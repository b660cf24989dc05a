#include "raft/runtime/hosted_replica.h"

#include <gtest/gtest.h>

#include <deque>

#include "net/event_loop.h"
#include "raft/core/entry_codec.h"
#include "tests/unit/raft/runtime/cluster_fixture.h"
#include "tests/unit/raft/runtime/memory_log.h"

namespace marquee::raft {
namespace {
using namespace testing;

/// Stands in for the partition thread, on the test's own thread and with a clock that the test moves.
class test_home final : public replica_home {
 public:
  net::event_loop& home_loop() override { return loop; }
  void want_turn(hosted_replica&) override { wanted = true; }
  void post_persisted(std::shared_ptr<hosted_replica> who, std::uint64_t id,
                      result<persist_times> outcome) override {
    finished.emplace_back(std::move(who), id, std::move(outcome));
  }
  void send(group_message message) override { sent.push_back(std::move(message.value)); }
  heartbeat_board& heartbeats() override { return board; }
  [[nodiscard]] bool is_connected(broker_id) const override { return true; }

  net::event_loop loop{"unused"};
  heartbeat_board board;
  bool wanted = false;
  std::vector<std::tuple<std::shared_ptr<hosted_replica>, std::uint64_t, result<persist_times>>> finished;
  std::vector<message> sent;
};

class hosted_replica_test : public ::testing::Test {
 protected:
  void start(std::vector<int> members, group_options how = {}) {
    options_.self = replica_of(1);
    callbacks_.on_fenced = [this](const group_id&, const error& why) { fenced_ = why; };
    auto log = std::make_unique<memory_log>();
    log_ = log.get();
    who_ = std::make_shared<hosted_replica>(group_of(0), std::move(log), how, home_, environment_);
    who_->set_machine(std::make_unique<recording_machine>());
    restored_state born;
    born.base_configuration = voters(std::move(members));
    born.newly_created = true;
    who_->start(born, {}, {});
    settle();
  }
  void TearDown() override {
    who_->stop(error{error_code::cancelled, "the test is over"});
    // The log keeps the callbacks that keep the replica.
    who_->release_log();
  }

  recording_machine& machine() { return static_cast<recording_machine&>(who_->machine()); }

  /// Turns until nothing happens any more.
  void settle() {
    while (home_.wanted || !home_.finished.empty()) {
      home_.wanted = false;
      for (auto& [who, id, outcome] : std::exchange(home_.finished, {})) who->persist_finished(id, outcome);
      who_->process();
    }
  }
  void advance_ms(int duration_ms) {
    for (int passed = 0; passed < duration_ms; passed += 10) {
      time_.advance_ms(10);
      who_->tick();
      settle();
      answer_as_followers();
    }
  }
  /// The other two voters agree to everything, if the test lets them.
  void answer_as_followers() {
    for (const message& asked : std::exchange(home_.sent, {})) {
      sent_.push_back(asked);
      if (!followers_answer_) continue;
      message answer;
      answer.from = asked.to;
      answer.to = asked.from;
      answer.term = asked.term;
      answer.context = asked.context;
      answer.index = asked.index + static_cast<std::int64_t>(asked.entries.size());
      switch (asked.type) {
        case message_type::pre_vote_request:
          answer.type = message_type::pre_vote_response;
          break;
        case message_type::vote_request:
          answer.type = message_type::vote_response;
          break;
        case message_type::append_request:
          answer.type = message_type::append_response;
          break;
        case message_type::heartbeat_request:
          answer.type = message_type::heartbeat_response;
          break;
        default:
          continue;
      }
      who_->receive(answer);
    }
    settle();
    messages_by_broker bundle;
    home_.board.collect(bundle);
    heartbeats_posted_ = 0;
    for (const auto& [broker, messages] : bundle) heartbeats_posted_ += messages.size();
    if (followers_answer_)
      for (const auto& [broker, messages] : bundle)
        for (const group_message& beat : messages) {
          message answer;
          answer.type = message_type::heartbeat_response;
          answer.from = beat.value.to;
          answer.to = beat.value.from;
          answer.term = beat.value.term;
          answer.context = beat.value.context;
          who_->receive(answer);
        }
    settle();
  }
  void become_leader() {
    for (int i = 0; i < 300 && !who_->is_leader_ready(); ++i) advance_ms(10);
    ASSERT_TRUE(who_->is_leader_ready());
  }
  result<log_index> propose(const std::string& text, std::optional<result<proposal_outcome>>& outcome) {
    proposal wanted;
    wanted.head = shared_bytes::of(text);
    return who_->propose(std::move(wanted),
                         [&](result<proposal_outcome> done) { outcome = std::move(done); });
  }

  /// Lives until the replica has stopped: pending proposals are answered then.
  std::optional<result<proposal_outcome>>& new_outcome() { return outcomes_.emplace_back(); }

  std::deque<std::optional<result<proposal_outcome>>> outcomes_;
  raft_host_options options_;
  raft_host_callbacks callbacks_;
  simulated_clock time_;
  metrics_registry registry_;
  runtime_metrics metrics_{registry_};
  leader_table leaders_;
  int elections_won_ = 0;
  int segments_ended_ = 0;
  replica_environment environment_{options_,
                                   callbacks_,
                                   time_,
                                   metrics_,
                                   leaders_,
                                   [this] { ++elections_won_; },
                                   [this] { ++segments_ended_; }};
  test_home home_;
  memory_log* log_ = nullptr;
  std::shared_ptr<hosted_replica> who_;
  std::optional<error> fenced_;
  std::vector<message> sent_;
  bool followers_answer_ = true;
  std::size_t heartbeats_posted_ = 0;
};

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
