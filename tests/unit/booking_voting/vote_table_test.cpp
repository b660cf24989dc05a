#include "booking_app/voting/vote_table.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "tests/unit/booking_voting/made_votes.h"

namespace marquee::booking {
namespace {

const std::set<std::string> all = {"r1", "r2", "r3", "r4"};

vote_table table() {
  return vote_table({.needed = 2, .most_answers = 100});
}

TEST(vote_table, decides_at_the_second_equal_vote) {
  vote_table votes = table();
  EXPECT_FALSE(votes.add(made_vote("r1", 7, "yes"), all, 0).decided);
  const auto outcome = votes.add(made_vote("r3", 7, "yes"), all, 1);
  ASSERT_TRUE(outcome.decided);
  EXPECT_EQ(outcome.decided->agreed.reply_hash, "yes");
  EXPECT_EQ(outcome.decided->agreed.text, "yes by r1");
  EXPECT_EQ(outcome.decided->right, (std::vector<std::string>{"r1", "r3"}));
}

TEST(vote_table, does_not_count_one_replica_twice) {
  vote_table votes = table();
  votes.add(made_vote("r1", 7, "yes"), all, 0);
  EXPECT_FALSE(votes.add(made_vote("r1", 7, "yes"), all, 0).decided);
}

TEST(vote_table, tells_who_voted_otherwise_before_and_after_the_decision) {
  vote_table votes = table();
  votes.add(made_vote("r2", 7, "no"), all, 0);
  votes.add(made_vote("r1", 7, "yes"), all, 0);
  const auto outcome = votes.add(made_vote("r3", 7, "yes"), all, 0);
  ASSERT_TRUE(outcome.decided);
  EXPECT_EQ(outcome.decided->different, (std::vector<std::string>{"r2"}));
  EXPECT_EQ(votes.add(made_vote("r4", 7, "yes"), all, 0).right, true);
  EXPECT_EQ(votes.add(made_vote("r2", 7, "yes", "other state"), all, 0).right, false);
}

TEST(vote_table, keeps_answers_of_one_record_apart) {
  vote_table votes = table();
  vote pushed = made_vote("r1", 7, "yes");
  pushed.offset = 3;
  votes.add(pushed, all, 0);
  EXPECT_FALSE(votes.add(made_vote("r2", 7, "yes"), all, 0).decided);
  pushed.replica = "r2";
  EXPECT_TRUE(votes.add(pushed, all, 0).decided);
}

TEST(vote_table, keeps_a_second_answer_apart_from_the_retry_that_caused_it) {
  vote_table votes = table();
  vote pushed = made_vote("r1", 7, "granted");
  pushed.offset = 3;
  vote repeated = made_vote("r1", 7, "granted again");
  repeated.offset = 3;
  repeated.replayed = true;
  for (const char* replica : {"r1", "r2", "r3"}) {
    pushed.replica = repeated.replica = replica;
    for (const vote& one : {pushed, repeated}) {
      const auto outcome = votes.add(one, all, 0);
      EXPECT_NE(outcome.right, false) << replica;
      EXPECT_FALSE(outcome.hopeless);
      EXPECT_EQ(outcome.decided.has_value(), replica == std::string("r2"));
    }
  }
}

TEST(vote_table, is_hopeless_when_three_of_four_are_wrong_in_three_ways) {
  vote_table votes = table();
  EXPECT_FALSE(votes.add(made_vote("r1", 7, "a"), all, 0).hopeless);
  EXPECT_FALSE(votes.add(made_vote("r2", 7, "b"), all, 0).hopeless);
  EXPECT_FALSE(votes.add(made_vote("r3", 7, "c"), all, 0).hopeless) << "the fourth may still join one";
  const auto outcome = votes.add(made_vote("r4", 7, "d"), all, 0);
  EXPECT_TRUE(outcome.hopeless);
  EXPECT_FALSE(outcome.decided);
}

TEST(vote_table, says_hopeless_once) {
  vote_table votes = table();
  const std::set<std::string> two = {"r1", "r2"};
  votes.add(made_vote("r1", 7, "a"), two, 0);
  EXPECT_TRUE(votes.add(made_vote("r2", 7, "b"), two, 0).hopeless);
  EXPECT_FALSE(votes.add(made_vote("r3", 7, "c"), two, 0).hopeless);
}

TEST(vote_table, waits_for_new_replicas_while_too_few_count) {
  vote_table votes = table();
  EXPECT_FALSE(votes.add(made_vote("r1", 7, "yes"), {}, 0).hopeless);
  votes.add(made_vote("r2", 7, "yes"), {}, 0);
  EXPECT_FALSE(votes.add(made_vote("r3", 8, "yes"), {"r3"}, 0).hopeless);
  const auto changed = votes.recount(all, 5);
  ASSERT_EQ(changed.size(), 1u);
  EXPECT_EQ(changed[0].answer.at_offset, 7);
  EXPECT_TRUE(changed[0].decided);
  EXPECT_TRUE(votes.recount(all, 5).empty());
}

TEST(vote_table, becomes_hopeless_by_a_retirement) {
  vote_table votes = table();
  votes.add(made_vote("r1", 7, "a"), all, 0);
  votes.add(made_vote("r2", 7, "b"), all, 0);
  votes.add(made_vote("r3", 7, "c"), all, 0);
  const auto changed = votes.recount({"r1", "r2", "r3"}, 0);
  ASSERT_EQ(changed.size(), 1u);
  EXPECT_TRUE(changed[0].hopeless);
}

TEST(vote_table, keeps_votes_of_replicas_that_do_not_count_aside) {
  vote_table votes = table();
  const std::set<std::string> three = {"r1", "r2", "r3"};
  votes.add(made_vote("r4", 7, "yes"), three, 0);
  EXPECT_FALSE(votes.add(made_vote("r1", 7, "yes"), three, 0).decided);
  const auto outcome = votes.add(made_vote("r2", 7, "yes"), three, 0);
  ASSERT_TRUE(outcome.decided);
  EXPECT_EQ(outcome.decided->right, (std::vector<std::string>{"r1", "r2"}));
}

TEST(vote_table, does_not_hold_votes_of_an_incarnation_against_the_next_one) {
  vote_table votes = table();
  for (const char* replica : {"r1", "r2", "r3"})
    votes.add(made_vote(replica, 7, std::string("no ") + replica), all, 0);
  votes.add(made_vote("r4", 7, "yes"), all, 0);
  votes.forget_votes_of("r3");
  const auto outcome = votes.add(made_vote("r3", 7, "yes"), all, 0);
  ASSERT_TRUE(outcome.decided);
  EXPECT_EQ(outcome.decided->right, (std::vector<std::string>{"r4", "r3"}));
  EXPECT_EQ(outcome.decided->different, (std::vector<std::string>{"r1", "r2"}));
}

TEST(vote_table, names_those_that_did_not_vote_in_time_once) {
  vote_table votes = table();
  votes.add(made_vote("r1", 7, "yes"), all, 0);
  votes.add(made_vote("r2", 7, "yes"), all, 100);
  votes.add(made_vote("r4", 7, "yes"), all, 200);
  EXPECT_TRUE(votes.take_silences(all, 1'099, 1'000).empty());
  const auto silent = votes.take_silences(all, 1'100, 1'000);
  ASSERT_EQ(silent.size(), 1u);
  EXPECT_EQ(silent[0].at_offset, 7);
  EXPECT_EQ(silent[0].replicas, (std::vector<std::string>{"r3"}));
  EXPECT_TRUE(votes.take_silences(all, 1'500, 1'000).empty());
}

TEST(vote_table, does_not_blame_one_that_counts_only_since) {
  vote_table votes = table();
  const std::set<std::string> three = {"r1", "r2", "r3"};
  for (const char* replica : {"r1", "r2", "r3"}) votes.add(made_vote(replica, 7, "yes"), three, 0);
  EXPECT_TRUE(votes.take_silences(all, 1'000, 1'000).empty());
}

TEST(vote_table, gives_the_whole_time_again_after_a_sleep_of_its_own) {
  vote_table votes = table();
  EXPECT_TRUE(votes.take_silences(all, 0, 1'000).empty());
  votes.add(made_vote("r1", 7, "yes"), all, 10);
  votes.add(made_vote("r2", 7, "yes"), all, 10);
  EXPECT_TRUE(votes.take_silences(all, 60'000, 1'000).empty());
  EXPECT_TRUE(votes.take_silences(all, 60'999, 1'000).empty());
  EXPECT_EQ(votes.take_silences(all, 61'000, 1'000).size(), 1u);
}

TEST(vote_table, forgets_the_oldest_answers) {
  vote_table votes({.needed = 2, .most_answers = 3});
  for (std::int64_t offset = 0; offset < 10; ++offset) votes.add(made_vote("r1", offset, "yes"), all, 0);
  EXPECT_EQ(votes.size(), 3u);
  EXPECT_TRUE(votes.add(made_vote("r2", 9, "yes"), all, 0).decided);
  EXPECT_FALSE(votes.add(made_vote("r2", 5, "yes"), all, 0).decided);
}

TEST(vote_table, ignores_a_flood_of_votes_of_nobody) {
  vote_table votes = table();
  for (int i = 0; i < 1'000; ++i)
    EXPECT_FALSE(votes.add(made_vote("x" + std::to_string(i), 7, std::to_string(i)), all, 0).decided);
  EXPECT_EQ(votes.size(), 1u);
}

/// Random votes in random order, some of replicas that do not count, some twice: whatever is decided has f+1
/// equal votes of counting replicas, and what is hopeless can have none.
TEST(vote_table, never_decides_without_enough_equal_votes_of_counting_replicas) {
  for (unsigned seed = 0; seed < 2'000; ++seed) {
    std::mt19937 random(seed);
    const std::vector<std::string> names = {"r1", "r2", "r3", "r4", "stranger"};
    std::set<std::string> counting;
    for (const std::string& name : all)
      if (random() % 4 != 0) counting.insert(name);
    std::vector<vote> cast;
    for (const std::string& name : names) {
      cast.push_back(made_vote(name, 1, std::string(1, static_cast<char>('a' + random() % 3))));
      if (random() % 5 == 0) cast.push_back(cast.back());
    }
    std::ranges::shuffle(cast, random);
    vote_table votes = table();
    std::map<std::string, std::set<std::string>> parties;
    bool decided = false;
    bool hopeless = false;
    std::size_t largest = 0;
    for (const vote& one : cast) {
      const auto outcome = votes.add(one, counting, 0);
      if (counting.contains(one.replica)) parties[one.reply_hash].insert(one.replica);
      for (const auto& [hash, voters] : parties) largest = std::max(largest, voters.size());
      EXPECT_EQ(outcome.decided.has_value(), !decided && largest >= 2) << "seed " << seed;
      if (outcome.decided) {
        EXPECT_GE(parties[outcome.decided->agreed.reply_hash].size(), 2u) << "seed " << seed;
        for (const std::string& name : outcome.decided->right) EXPECT_TRUE(counting.contains(name));
      }
      decided |= outcome.decided.has_value();
      hopeless |= outcome.hopeless;
    }
    EXPECT_FALSE(decided && hopeless) << "seed " << seed;
    EXPECT_EQ(hopeless, counting.size() >= 2 && largest < 2) << "seed " << seed;
  }
}

}  // namespace
}  // namespace marquee::booking
