#include "booking_app/front_end/observer.h"

#include <gtest/gtest.h>

#include <stop_token>

#include "log_writer.h"
#include "net/event_loop.h"

namespace marquee::booking {
namespace {

class observer_test : public testing::Test {
 protected:
  void follow(observer& one) {
    one.on_applied([this](const record& next, const outcome& result) {
      EXPECT_EQ(next.offset, result.offset);
      told_.push_back(next.offset);
    });
  }
  void give(logged_message message) {
    std::vector<logged_message> messages;
    messages.push_back(std::move(message));
    observed_.take(std::move(messages));
  }

  simulated_clock time_;
  log_writer log_;
  std::string problem_;
  std::vector<std::int64_t> told_;
  observer observed_{machine(), time_, [this](const std::string& why) { problem_ = why; }};
};

TEST_F(observer_test, shows_nothing_that_was_not_voted_on) {
  follow(observed_);
  give(log_.open_session("alice", 1));
  EXPECT_EQ(observed_.consumed(), 0);
  EXPECT_EQ(observed_.applied(), -1);
  EXPECT_EQ(observed_.state().sessions.size(), 0U);

  observed_.confirm(0, log_.digest_at(0));
  EXPECT_EQ(observed_.applied(), 0);
  EXPECT_EQ(observed_.state().sessions.size(), 1U);
  EXPECT_EQ(told_, std::vector<std::int64_t>{0});
  EXPECT_EQ(observed_.digest_at(0), log_.digest_at(0));
  EXPECT_EQ(observed_.waiting_bytes(), 0U);
}

TEST_F(observer_test, a_later_offset_confirms_all_before_it) {
  follow(observed_);
  give(log_.open_session("alice", 1));
  give(log_.open_session("bob", 1));
  give(log_.tick(10));
  observed_.confirm(1, log_.digest_at(1));
  EXPECT_EQ(observed_.applied(), 1);
  EXPECT_EQ(told_, (std::vector<std::int64_t>{0, 1}));
}

TEST_F(observer_test, a_confirmation_may_come_before_its_record) {
  follow(observed_);
  const auto first = log_.open_session("alice", 1);
  const auto second = log_.open_session("bob", 1);
  observed_.confirm(1, log_.digest_at(1));
  EXPECT_EQ(observed_.confirmed(), 1);
  give(first);
  EXPECT_EQ(observed_.applied(), -1) << "only the digest after the second is known";
  give(second);
  EXPECT_EQ(observed_.applied(), 1);
  EXPECT_EQ(told_, (std::vector<std::int64_t>{0, 1}));
}

TEST_F(observer_test, takes_no_record_twice) {
  const auto first = log_.open_session("alice", 1);
  give(first);
  give(first);
  observed_.confirm(0, log_.digest_at(0));
  give(first);
  EXPECT_EQ(observed_.applied(), 0);
  EXPECT_EQ(observed_.state().sessions.size(), 1U);
}

TEST_F(observer_test, says_that_it_is_wrong_and_goes_no_further) {
  follow(observed_);
  give(log_.open_session("alice", 1));
  give(log_.open_session("bob", 1));
  observed_.confirm(0, std::string(32, 'f'));
  EXPECT_NE(problem_.find("offset 0"), std::string::npos) << problem_;
  EXPECT_TRUE(observed_.disagrees());
  observed_.confirm(1, log_.digest_at(1));
  EXPECT_TRUE(told_.empty()) << "nothing of a wrong state is told";
}

TEST_F(observer_test, compares_late_confirmations_too) {
  give(log_.open_session("alice", 1));
  give(log_.open_session("bob", 1));
  observed_.confirm(1, log_.digest_at(1));
  EXPECT_TRUE(problem_.empty());
  observed_.confirm(0, std::string(32, '0'));
  EXPECT_FALSE(problem_.empty());
}

TEST_F(observer_test, begins_at_a_snapshot) {
  give(log_.open_session("alice", 1));
  observed_.confirm(0, log_.digest_at(0));
  const std::string bytes = observed_.snapshot();
  auto copy = machine::from_snapshot(as_bytes(bytes));
  ASSERT_TRUE(copy.has_value());
  observer later(std::move(*copy), time_, [this](const std::string& why) { problem_ = why; });
  EXPECT_EQ(later.applied(), 0);
  EXPECT_EQ(later.digest_at(0), log_.digest_at(0));
  std::vector<logged_message> messages;
  messages.push_back(log_.open_session("bob", 1));
  later.take(std::move(messages));
  later.confirm(1, log_.digest_at(1));
  EXPECT_EQ(later.state().sessions.size(), 2U);
  EXPECT_TRUE(problem_.empty()) << problem_;
}

TEST_F(observer_test, does_not_hold_a_long_log_back_while_it_catches_up) {
  const std::string padding(16 * 1024, ' ');
  std::vector<logged_message> messages;
  for (int i = 0; i < 200; ++i) messages.push_back(log_.append("{" + padding + "}"));
  const auto head = log_.tick(1);
  observed_.confirm(head.offset, log_.digest_at(head.offset));
  observed_.take(std::move(messages));
  EXPECT_GT(observed_.applied(), 0);
  EXPECT_LE(observed_.waiting_bytes(), std::size_t{1} << 20);
  give(head);
  EXPECT_EQ(observed_.applied(), head.offset);
  EXPECT_TRUE(problem_.empty()) << problem_;
}

TEST_F(observer_test, its_age_counts_from_the_last_confirmation_of_everything) {
  time_.advance_ms(500);
  EXPECT_EQ(observed_.age_ms(), 500);
  give(log_.open_session("alice", 1));
  observed_.confirm(0, log_.digest_at(0));
  EXPECT_EQ(observed_.age_ms(), 0);
  give(log_.open_session("bob", 1));
  time_.advance_ms(40);
  observed_.confirm(0, log_.digest_at(0));
  EXPECT_EQ(observed_.age_ms(), 40) << "more has been consumed than was confirmed";
  observed_.confirm(1, log_.digest_at(1));
  EXPECT_EQ(observed_.age_ms(), 0);
}

TEST_F(observer_test, wakes_whoever_waits_for_an_offset) {
  net::event_loop loop("observer");
  std::vector<bool> answers;
  loop.spawn_and_wait([&]() -> net::task<> {
    answers.push_back(co_await observed_.wait_until_applied(0, net::deadline::in_ms(0), {}));
    loop.post([&] {
      give(log_.open_session("alice", 1));
      observed_.confirm(0, log_.digest_at(0));
    });
    answers.push_back(co_await observed_.wait_until_applied(0, net::deadline::never(), {}));
    std::stop_source gone;
    gone.request_stop();
    answers.push_back(co_await observed_.wait_until_applied(1, net::deadline::never(), gone.get_token()));
  });
  EXPECT_EQ(answers, (std::vector<bool>{false, true, false}));
}

}  // namespace
}  // namespace marquee::booking
