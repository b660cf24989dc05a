#pragma once

#include <gtest/gtest.h>

#include <deque>

#include "net/event_loop.h"
#include "raft/core/entry_codec.h"
#include "raft/runtime/hosted_replica.h"
#include "tests/unit/raft/runtime/cluster_fixture.h"
#include "tests/unit/raft/runtime/memory_log.h"

namespace marquee::raft {
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
  [[nodiscard]] std::int64_t awake_since_ms(std::int64_t) override { return 0; }
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

}  // namespace marquee::raft
