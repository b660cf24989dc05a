#include "booking_app/front_end/keep_alive_batch.h"

#include <gtest/gtest.h>

#include <map>
#include <vector>

#include "net/wake_point.h"

namespace marquee::booking {
namespace {

/// Answers every touch at once; knows which sessions there are not.
class fake_submission final : public submission {
 public:
  net::task<std::variant<submitted_answer, submission_failure>> submit(command_draft command,
                                                                       std::stop_token) override {
    records.push_back(command);
    if (failure) co_return *failure;
    submitted_answer answer;
    answer.answer.code = "TOUCHED";
    answer.answer.ok = true;
    answer.answer.at_offset = static_cast<std::int64_t>(records.size());
    answer.answer.body = body;
    co_return answer;
  }
  net::task<std::variant<submitted_answer, submission_failure>> submit_and_wait(
      command_draft command, std::int64_t, std::stop_token gone) override {
    return submit(std::move(command), gone);
  }
  std::size_t under_way() const override { return 0; }

  std::vector<command_draft> records;
  std::string body = R"({"unknown":[]})";
  std::optional<submission_failure> failure;
};

class keep_alive_batch_test : public testing::Test {
 protected:
  ~keep_alive_batch_test() override { loop_.stop(); }
  void touch_all(int sessions, keep_alive_batch& target) {
    int left = sessions;
    loop_.spawn_and_wait([&]() -> net::task<> {
      for (int i = 0; i < sessions; ++i)
        loop_.spawn([&, i]() -> net::task<> {
          const std::string id = "s-" + std::to_string(i);
          results_[id] = co_await target.touch(id, {});
          if (--left == 0) all_.wake_all();
        });
      while (left > 0) (void)co_await all_.wait(all_.generation());
    });
  }

  system_clock time_;
  fake_submission commands_;
  std::map<std::string, keep_alive_batch::touched> results_;
  net::wake_point all_;
  net::event_loop loop_{"keep-alives"};
};

TEST_F(keep_alive_batch_test, a_thousand_sessions_are_one_record) {
  keep_alive_batch target(loop_, {.client_id = "_fe-1", .pause_ms = 5}, commands_, time_);
  touch_all(1'000, target);
  ASSERT_EQ(commands_.records.size(), 1U);
  EXPECT_EQ(commands_.records[0].type, "session.touch");
  EXPECT_EQ(commands_.records[0].client_id, "_fe-1");
  EXPECT_FALSE(commands_.records[0].seq.has_value());
  EXPECT_EQ(results_.size(), 1'000U);
  EXPECT_EQ(results_["s-7"].offset, 1);
}

TEST_F(keep_alive_batch_test, the_next_ones_wait_for_the_pause) {
  keep_alive_batch target(loop_, {.client_id = "_fe-1", .pause_ms = 30}, commands_, time_);
  const std::int64_t begin_ms = time_.monotonic_ms();
  for (int i = 0; i < 4; ++i) touch_all(3, target);
  EXPECT_EQ(commands_.records.size(), 4U);
  EXPECT_GE(time_.monotonic_ms() - begin_ms, 3 * 30 - 1);
}

TEST_F(keep_alive_batch_test, a_record_stays_below_its_bound) {
  keep_alive_batch target(loop_, {.client_id = "_fe-1", .pause_ms = 1, .most_sessions = 10}, commands_,
                          time_);
  touch_all(25, target);
  EXPECT_EQ(commands_.records.size(), 3U);
}

TEST_F(keep_alive_batch_test, says_which_sessions_have_ended) {
  commands_.body = R"({"unknown":["s-1"]})";
  keep_alive_batch target(loop_, {.client_id = "_fe-1", .pause_ms = 1}, commands_, time_);
  touch_all(3, target);
  EXPECT_FALSE(results_["s-0"].unknown);
  EXPECT_TRUE(results_["s-1"].unknown);
}

TEST_F(keep_alive_batch_test, a_failure_is_everybodys) {
  commands_.failure = submission_failure::no_quorum;
  keep_alive_batch target(loop_, {.client_id = "_fe-1", .pause_ms = 1}, commands_, time_);
  touch_all(2, target);
  EXPECT_EQ(results_["s-0"].failure, submission_failure::no_quorum);
  EXPECT_EQ(results_["s-1"].failure, submission_failure::no_quorum);
}

}  // namespace
}  // namespace marquee::booking
