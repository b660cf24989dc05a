#include "booking_app/front_end/log_submission.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <optional>

#include "log_writer.h"
#include "net/event_loop.h"

namespace marquee::booking {
namespace {

using ending = std::variant<submitted_answer, submission_failure>;

/// The log and the replicas are played by the test, on the loop of the submission.
class log_submission_test : public testing::Test {
 protected:
  struct appended {
    std::string record;
    std::function<void(append_result)> on_done;
  };

  ~log_submission_test() override { loop_.stop(); }

  void with(submission_options options) {
    options.reply_to = "fe-1";
    target_.emplace(
        options,
        [this](std::string record, std::function<void(append_result)> on_done) {
          if (is_full_) return false;
          written_.push_back({std::move(record), std::move(on_done)});
          return true;
        },
        time_, metrics_);
  }
  command_draft open_session(std::int64_t seq) {
    command_draft draft;
    draft.type = "session.open";
    draft.client_id = "alice";
    draft.seq = seq;
    return draft;
  }
  command_draft acquire(const std::string& client, const std::string& session, std::int64_t seq) {
    command_draft draft;
    draft.type = "lock.acquire";
    draft.client_id = client;
    draft.session_id = session;
    draft.seq = seq;
    draft.body = R"({"name":"hall"})";
    return draft;
  }
  /// Starts a request; its ending is there once it has one.
  std::shared_ptr<std::optional<ending>> ask(command_draft draft, std::stop_token gone = {}) {
    auto result = std::make_shared<std::optional<ending>>();
    loop_.spawn([this, draft = std::move(draft), gone, result]() -> net::task<> {
      result->emplace(co_await target_->submit(draft, gone));
    });
    settle();
    return result;
  }
  std::shared_ptr<std::optional<ending>> ask_and_wait(command_draft draft, std::int64_t wait_ms = 600'000,
                                                      std::stop_token gone = {}) {
    auto result = std::make_shared<std::optional<ending>>();
    loop_.spawn([this, draft = std::move(draft), wait_ms, gone, result]() -> net::task<> {
      result->emplace(co_await target_->submit_and_wait(draft, wait_ms, gone));
    });
    settle();
    return result;
  }
  void on_loop(std::move_only_function<void()> work) {
    loop_.run_and_wait(std::move(work));
    settle();
  }
  void settle() {
    for (int i = 0; i < 5; ++i) loop_.run_and_wait([] {});
  }
  /// The log takes the n-th record that was written; the replicas' answer is in `log_.last()`.
  void store(std::size_t n) {
    const logged_message message = log_.append(written_[n].record);
    stored_[n] = message.offset;
  }
  void confirm(std::size_t n) {
    on_loop([&] { written_[n].on_done({true, stored_[n]}); });
  }
  std::vector<vote> votes() {
    std::vector<vote> all;
    for (const reply& one : log_.last().replies) {
      auto decoded = decode_vote(vote_text(log_.last(), one, "r1"));
      EXPECT_TRUE(decoded.has_value());
      if (decoded) all.push_back(*decoded);
    }
    return all;
  }
  void decide() {
    const auto decided = votes();
    on_loop([&] {
      for (const vote& one : decided) target_->on_decided(one);
    });
  }
  void wait_for(const std::shared_ptr<std::optional<ending>>& result) {
    for (int i = 0; i < 10'000 && !result->has_value(); ++i) {
      loop_.spawn_and_wait([]() -> net::task<> { co_await net::sleep_ms(1); });
    }
  }
  std::string code(const std::shared_ptr<std::optional<ending>>& result) {
    if (!result->has_value()) return "nothing yet";
    const auto* answer = std::get_if<submitted_answer>(&**result);
    return answer == nullptr ? "failure" : answer->answer.code;
  }
  std::optional<submission_failure> failure(const std::shared_ptr<std::optional<ending>>& result) {
    if (!result->has_value() || !std::holds_alternative<submission_failure>(**result)) return std::nullopt;
    return std::get<submission_failure>(**result);
  }
  /// A command that is answered at once, for set-ups.
  void run(const command_draft& draft) {
    const std::size_t n = written_.size();
    const auto asked = ask(draft);
    store(n);
    confirm(n);
    decide();
    ASSERT_TRUE(asked->has_value());
  }

  simulated_clock time_;
  metrics_registry metrics_;
  log_writer log_;
  std::vector<appended> written_;
  std::map<std::size_t, std::int64_t> stored_;
  bool is_full_ = false;
  net::event_loop loop_{"submission"};
  std::optional<log_submission> target_;
};

TEST_F(log_submission_test, writes_the_same_bytes_for_equal_requests) {
  with({});
  (void)ask(open_session(1));
  ASSERT_EQ(written_.size(), 1U);
  EXPECT_EQ(written_[0].record,
            R"({"body":{},"client_id":"alice","reply_to":"fe-1","seq":1,"type":"session.open","v":1})");
}

TEST_F(log_submission_test, answers_when_the_log_has_it_and_a_majority_has_voted) {
  with({});
  const auto asked = ask(open_session(1));
  store(0);
  time_.advance_ms(2);
  confirm(0);
  EXPECT_EQ(code(asked), "nothing yet");
  time_.advance_ms(3);
  decide();
  ASSERT_EQ(code(asked), "SESSION_OPENED");
  const auto& answer = std::get<submitted_answer>(**asked);
  EXPECT_EQ(answer.answer.offset, 0);
  EXPECT_EQ(answer.produce_us, 2'000);
  EXPECT_EQ(answer.vote_us, 3'000);
  EXPECT_EQ(target_->under_way(), 0U);
  EXPECT_FALSE(target_->awaits_votes());
}

TEST_F(log_submission_test, votes_may_be_faster_than_the_log) {
  with({});
  const auto asked = ask(open_session(1));
  store(0);
  decide();
  EXPECT_EQ(code(asked), "nothing yet");
  confirm(0);
  EXPECT_EQ(code(asked), "SESSION_OPENED");
}

TEST_F(log_submission_test, the_same_key_is_under_way_once) {
  with({});
  const auto first = ask(open_session(1));
  const auto second = ask(open_session(1));
  EXPECT_EQ(failure(second), submission_failure::in_progress);
  EXPECT_EQ(written_.size(), 1U);
  store(0);
  confirm(0);
  decide();
  EXPECT_EQ(code(first), "SESSION_OPENED");
  const auto again = ask(open_session(1));
  store(1);
  confirm(1);
  decide();
  ASSERT_EQ(code(again), "SESSION_OPENED");
  EXPECT_TRUE(std::get<submitted_answer>(**again).answer.replayed);
}

TEST_F(log_submission_test, a_sequence_and_a_key_that_look_alike_are_two) {
  with({});
  (void)ask(open_session(1));
  command_draft other = open_session(1);
  other.seq.reset();
  other.idem_key = "1";
  const auto second = ask(other);
  EXPECT_EQ(failure(second), std::nullopt);
  EXPECT_EQ(written_.size(), 2U);
}

TEST_F(log_submission_test, takes_no_more_than_its_bound) {
  with({.reply_to = {}, .most_commands = 1});
  (void)ask(open_session(1));
  EXPECT_EQ(failure(ask(open_session(2))), submission_failure::overloaded);
  EXPECT_EQ(target_->under_way(), 1U);
}

TEST_F(log_submission_test, a_full_writer_is_overload_and_keeps_no_key) {
  with({});
  is_full_ = true;
  EXPECT_EQ(failure(ask(open_session(1))), submission_failure::overloaded);
  is_full_ = false;
  EXPECT_EQ(failure(ask(open_session(1))), std::nullopt);
  EXPECT_EQ(written_.size(), 1U);
}

TEST_F(log_submission_test, a_log_that_refuses_or_keeps_silent_is_no_quorum) {
  with({.reply_to = {}, .give_up_ms = 20});
  const auto refused = ask(open_session(1));
  on_loop([&] { written_[0].on_done({}); });
  EXPECT_EQ(failure(refused), submission_failure::no_quorum);
  const auto silent = ask(open_session(2));
  wait_for(silent);
  EXPECT_EQ(failure(silent), submission_failure::no_quorum);
  on_loop([&] { written_[1].on_done({true, 7}); });
  EXPECT_FALSE(target_->awaits_votes()) << "nobody waits for it any more";
}

TEST_F(log_submission_test, a_log_that_took_it_without_a_majority_is_a_timeout) {
  with({.reply_to = {}, .give_up_ms = 20});
  const auto asked = ask(open_session(1));
  store(0);
  confirm(0);
  wait_for(asked);
  EXPECT_EQ(failure(asked), submission_failure::timed_out);
  EXPECT_EQ(target_->under_way(), 0U);
}

TEST_F(log_submission_test, votes_that_cannot_agree_are_told_at_once) {
  with({});
  const auto asked = ask(open_session(1));
  store(0);
  confirm(0);
  on_loop([&] { target_->on_hopeless({0, -1, "bob"}); });
  EXPECT_EQ(code(asked), "nothing yet") << "that was a second answer to an earlier command";
  on_loop([&] { target_->on_hopeless({0, 0, "alice"}); });
  EXPECT_EQ(failure(asked), submission_failure::no_majority);
}

TEST_F(log_submission_test, an_answer_may_come_from_the_confirmed_state_when_votes_are_lost) {
  with({});
  const auto asked = ask(open_session(1));
  store(0);
  confirm(0);
  on_loop([&] {
    target_->on_applied(log_.last());
    target_->use_observed_answers();
  });
  EXPECT_EQ(code(asked), "nothing yet") << "the votes have their time first";
  time_.advance_ms(1'500);
  on_loop([&] { target_->use_observed_answers(); });
  ASSERT_EQ(code(asked), "SESSION_OPENED");
  EXPECT_EQ(std::get<submitted_answer>(**asked).answer.body, log_.last().replies[0].content.body);
}

TEST_F(log_submission_test, who_has_left_frees_the_key) {
  with({});
  std::stop_source gone;
  const auto asked = ask(open_session(1), gone.get_token());
  gone.request_stop();
  wait_for(asked);
  EXPECT_EQ(failure(asked), submission_failure::client_gone);
  EXPECT_EQ(failure(ask(open_session(1))), std::nullopt);
}

/// alice holds the lock, bob asks for it.
class lock_wait : public log_submission_test {
 protected:
  void SetUp() override {
    with({});
    run(open_session(1));
    command_draft bob = open_session(1);
    bob.client_id = "bob";
    run(bob);
    run(acquire("alice", "s-0", 2));
  }
  void release() {
    command_draft draft = acquire("alice", "s-0", 3);
    draft.type = "lock.release";
    draft.body = R"({"name":"hall","token":1})";
    run(draft);
  }
};

TEST_F(lock_wait, is_held_until_the_lock_is_granted) {
  const auto waits = ask_and_wait(acquire("bob", "s-1", 2));
  store(3);
  confirm(3);
  decide();
  EXPECT_EQ(code(waits), "nothing yet");
  release();
  ASSERT_EQ(code(waits), "GRANTED");
  EXPECT_EQ(std::get<submitted_answer>(**waits).answer.offset, 3);
}

TEST_F(lock_wait, keeps_the_place_when_the_wait_is_over) {
  const auto waits = ask_and_wait(acquire("bob", "s-1", 2), 0);
  store(3);
  confirm(3);
  decide();
  ASSERT_EQ(code(waits), "WAITING");
  const auto again = ask_and_wait(acquire("bob", "s-1", 2));
  ASSERT_EQ(failure(again), std::nullopt) << "the key may ask again";
  store(4);
  confirm(4);
  decide();
  EXPECT_EQ(code(again), "nothing yet");
  release();
  EXPECT_EQ(code(again), "GRANTED");
}

TEST_F(lock_wait, a_grant_may_overtake_the_first_answer) {
  const auto waits = ask_and_wait(acquire("bob", "s-1", 2));
  store(3);
  const auto first = votes();
  release();
  confirm(3);
  on_loop([&] {
    for (const vote& one : first) target_->on_decided(one);
  });
  EXPECT_EQ(code(waits), "GRANTED");
}

TEST_F(lock_wait, the_confirmed_state_grants_too) {
  const auto waits = ask_and_wait(acquire("bob", "s-1", 2));
  store(3);
  confirm(3);
  decide();
  (void)log_.append(R"({"v":1,"type":"lock.release","client_id":"alice","session_id":"s-0","seq":3,)"
                    R"("reply_to":"fe-2","body":{"name":"hall","token":1}})");
  on_loop([&] { target_->on_applied(log_.last()); });
  EXPECT_EQ(code(waits), "GRANTED");
}

TEST_F(lock_wait, ends_when_the_process_stops) {
  const auto waits = ask_and_wait(acquire("bob", "s-1", 2));
  store(3);
  confirm(3);
  decide();
  on_loop([&] { target_->end_long_polls(); });
  wait_for(waits);
  EXPECT_EQ(code(waits), "WAITING");
}

}  // namespace
}  // namespace marquee::booking
