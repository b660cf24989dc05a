#include "booking_app/front_end/vote_desk.h"

#include <gtest/gtest.h>

#include <variant>

#include "log_writer.h"

namespace marquee::booking {
namespace {

class vote_desk_test : public testing::Test {
 protected:
  vote_desk_test()
      : desk_({.by = "fe-1", .replicas = {"r1", "r2", "r3", "r4"}},
              {.on_decided = [this](const vote& agreed) { decided_.push_back(agreed.at_offset); },
               .on_hopeless = [this](const answer_id& answer) { hopeless_.push_back(answer.at_offset); },
               .on_confirmed = [this](std::int64_t offset,
                                      const std::string& digest) { confirmed_[offset] = digest; },
               .write = [this](const ledger_entry& entry) { written_.push_back(entry); }},
              time_, metrics_) {}

  void agree(std::initializer_list<const char*> replicas) {
    std::vector<ledger_entry> entries;
    for (const char* one : replicas) entries.push_back(replica_agreed{one, 1, 0, "", "fe-2"});
    desk_.on_entries(entries);
  }
  vote vote_of(const char* replica, const char* told_as = nullptr) {
    reply one = log_.last().replies.front();
    if (told_as != nullptr) one.content.body = told_as;
    return *decode_vote(vote_text(log_.last(), one, replica));
  }

  simulated_clock time_;
  metrics_registry metrics_;
  log_writer log_;
  std::vector<std::int64_t> decided_;
  std::vector<std::int64_t> hopeless_;
  std::map<std::int64_t, std::string> confirmed_;
  std::vector<ledger_entry> written_;
  vote_desk desk_;
};

TEST_F(vote_desk_test, two_equal_votes_decide_and_confirm_the_log) {
  agree({"r1", "r2", "r3", "r4"});
  (void)log_.open_session("alice", 1);
  desk_.on_votes({vote_of("r1")});
  EXPECT_TRUE(decided_.empty());
  desk_.on_votes({vote_of("r3")});
  EXPECT_EQ(decided_, std::vector<std::int64_t>{0});
  EXPECT_EQ(confirmed_[0], log_.digest_at(0));
  EXPECT_TRUE(written_.empty()) << "nobody was wrong";
}

TEST_F(vote_desk_test, who_votes_otherwise_is_written_down) {
  agree({"r1", "r2", "r3", "r4"});
  (void)log_.open_session("alice", 1);
  desk_.on_votes({vote_of("r2", R"({"session_id":"s-7"})"), vote_of("r1"), vote_of("r3")});
  EXPECT_EQ(decided_, std::vector<std::int64_t>{0});
  ASSERT_EQ(written_.size(), 1U);
  EXPECT_EQ(std::get<replica_bug>(written_[0]).replica, "r2");
}

TEST_F(vote_desk_test, four_different_votes_are_hopeless) {
  agree({"r1", "r2", "r3", "r4"});
  (void)log_.open_session("alice", 1);
  desk_.on_votes({vote_of("r1", R"({"n":1})"), vote_of("r2", R"({"n":2})"), vote_of("r3", R"({"n":3})"),
                  vote_of("r4", R"({"n":4})")});
  EXPECT_EQ(hopeless_, std::vector<std::int64_t>{0});
  EXPECT_TRUE(decided_.empty());
}

TEST_F(vote_desk_test, at_the_first_start_replicas_become_voting_by_equal_digests) {
  (void)log_.open_session("alice", 1);
  desk_.on_votes({vote_of("r1"), vote_of("r2")});
  EXPECT_TRUE(decided_.empty()) << "nobody's vote counts yet";
  const std::vector<status_answer> answers = {
      {.replica = "r1", .incarnation = 1, .applied = 0, .digest = log_.digest_at(0)},
      {.replica = "r2", .incarnation = 1, .applied = 0, .digest = log_.digest_at(0)}};
  desk_.on_partial_round(0, answers);
  EXPECT_EQ(confirmed_[0], log_.digest_at(0));
  desk_.on_round(0, answers);
  ASSERT_EQ(written_.size(), 2U);
  EXPECT_TRUE(std::holds_alternative<replica_agreed>(written_[0]));
  desk_.on_entries(written_);
  EXPECT_EQ(desk_.ledger().voting().size(), 2U);
  EXPECT_EQ(decided_, std::vector<std::int64_t>{0}) << "what they had said before counts now";
}

}  // namespace
}  // namespace marquee::booking
