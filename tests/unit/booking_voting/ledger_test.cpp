#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "booking_app/voting/digest_round.h"
#include "booking_app/voting/replica_ledger.h"

namespace marquee::booking {
namespace {

const std::vector<std::string> names = {"r1", "r2", "r3", "r4"};

replica_ledger ledger_of(const std::vector<ledger_entry>& entries) {
  replica_ledger ledger(names);
  for (const ledger_entry& entry : entries) ledger.apply(entry);
  return ledger;
}

replica_ledger all_voting() {
  std::vector<ledger_entry> entries;
  for (const std::string& name : names) entries.push_back(replica_agreed{name, 1, 5, "d", "fe-1"});
  return ledger_of(entries);
}

/// Everything that readers must agree on.
std::string text_of(const replica_ledger& ledger) {
  std::string text;
  for (const auto& [name, one] : ledger.replicas())
    text += name + " " + std::to_string(one.incarnation) + " " + std::string(to_string(one.state)) + " " +
            std::to_string(one.strikes) + " " + std::to_string(one.misses) + " " + one.reason + "\n";
  return text;
}

TEST(ledger_entry, is_read_as_it_was_written) {
  const std::vector<ledger_entry> entries = {
      replica_bug{"r1", 2, 7, "fe-1"},
      replica_silent{"r2", 1, 8, "fe-2"},
      replica_right{"r3", 1, 9, "fe-1"},
      replica_agreed{"r4", 3, 10, "0af", "fe-1"},
      replica_retired{"r1", 2, "said \"no\"\n", "admin"},
      replica_started{"r1", 3, "supervisor"},
      voted_digest{10'000, "0af", "fe-2"},
      shared_producers{"p-1", "p-2", "fe-1"},
  };
  for (const ledger_entry& entry : entries) {
    const result<ledger_entry> read = decode_ledger_entry(encode(entry));
    ASSERT_TRUE(read) << encode(entry) << read.error().message;
    EXPECT_EQ(read->index(), entry.index());
    EXPECT_EQ(encode(*read), encode(entry));
  }
}

TEST(ledger_entry, of_a_later_release_is_told_from_garbage) {
  for (const char* text : {R"({"v":2,"type":"replica.bug"})", R"({"v":1,"type":"replica.praised"})"})
    EXPECT_EQ(decode_ledger_entry(text).error().code, error_code::unsupported) << text;
  for (const char* text :
       {"", "[]", "{}", "{\"v\":1}", R"({"v":1,"type":7})", "\xff",
        R"({"v":1,"type":"replica.bug","replica":"r1","incarnation":"1","offset":1,"by":""})",
        R"({"v":1,"type":"replica.started","replica":"r1","by":""})"})
    EXPECT_EQ(decode_ledger_entry(text).error().code, error_code::corrupt) << text;
}

TEST(replica_ledger, starts_with_everybody_catching_up) {
  const replica_ledger ledger(names);
  EXPECT_TRUE(ledger.voting().empty());
  EXPECT_EQ(ledger.find("r1")->incarnation, 1);
  EXPECT_EQ(ledger.find("r9"), nullptr);
}

TEST(replica_ledger, lets_those_vote_that_agreed) {
  EXPECT_EQ(all_voting().voting(), (std::set<std::string>{"r1", "r2", "r3", "r4"}));
}

TEST(replica_ledger, clears_strikes_at_a_right_vote_that_comes_after_them) {
  replica_ledger ledger = all_voting();
  ledger.apply(replica_bug{"r2", 1, 10, "fe-1"});
  EXPECT_EQ(ledger.find("r2")->strikes, 1);
  ledger.apply(replica_right{"r2", 1, 9, "fe-2"});
  EXPECT_EQ(ledger.find("r2")->strikes, 1) << "a vote from before the strike";
  ledger.apply(replica_right{"r2", 1, 11, "fe-2"});
  EXPECT_EQ(ledger.find("r2")->strikes, 0);
  ledger.apply(replica_bug{"r2", 1, 10, "fe-2"});
  EXPECT_EQ(ledger.find("r2")->strikes, 0) << "the same strike, told late by the other front end";
}

TEST(replica_ledger, retires_after_three_strikes_in_a_row) {
  replica_ledger ledger = all_voting();
  for (const std::int64_t offset : {10, 10, 11, 11, 10}) ledger.apply(replica_bug{"r2", 1, offset, "fe-1"});
  EXPECT_EQ(ledger.find("r2")->strikes, 2) << "two front ends saw the same two";
  EXPECT_EQ(ledger.find("r2")->state, replica_state::voting);
  ledger.apply(replica_bug{"r2", 1, 13, "fe-1"});
  EXPECT_EQ(ledger.find("r2")->state, replica_state::retired);
  EXPECT_EQ(ledger.find("r2")->reason, "wrong at offsets 10, 11, 13");
  EXPECT_FALSE(ledger.voting().contains("r2"));
}

TEST(replica_ledger, retires_after_three_misses_in_a_row) {
  replica_ledger ledger = all_voting();
  ledger.apply(replica_silent{"r2", 1, 10, "fe-1"});
  ledger.apply(replica_silent{"r2", 1, 11, "fe-1"});
  ledger.apply(replica_right{"r2", 1, 11, "fe-1"});
  EXPECT_EQ(ledger.find("r2")->misses, 0) << "it came late";
  for (const std::int64_t offset : {12, 13}) ledger.apply(replica_silent{"r2", 1, offset, "fe-1"});
  EXPECT_EQ(ledger.find("r2")->misses, 2);
  ledger.apply(replica_silent{"r2", 1, 14, "fe-2"});
  EXPECT_EQ(ledger.find("r2")->state, replica_state::retired);
}

TEST(replica_ledger, passes_over_entries_about_other_incarnations_and_unknown_replicas) {
  replica_ledger ledger = all_voting();
  const std::string before = text_of(ledger);
  ledger.apply(replica_bug{"r2", 2, 10, "fe-1"});
  ledger.apply(replica_retired{"r2", 0, "old", "fe-1"});
  ledger.apply(replica_agreed{"r9", 1, 10, "d", "fe-1"});
  ledger.apply(replica_started{"r2", 1, "supervisor"});
  EXPECT_EQ(text_of(ledger), before);
}

TEST(replica_ledger, keeps_a_retired_replica_retired_until_a_later_incarnation_starts) {
  replica_ledger ledger = all_voting();
  ledger.apply(replica_retired{"r2", 1, "asked for", "admin"});
  ledger.apply(replica_right{"r2", 1, 20, "fe-1"});
  ledger.apply(replica_agreed{"r2", 1, 21, "d", "fe-1"});
  EXPECT_EQ(ledger.find("r2")->state, replica_state::retired);
  ledger.apply(replica_started{"r2", 2, "supervisor"});
  EXPECT_EQ(ledger.find("r2")->state, replica_state::catching_up);
  EXPECT_EQ(ledger.find("r2")->incarnation, 2);
  ledger.apply(replica_agreed{"r2", 2, 30, "d", "fe-1"});
  EXPECT_TRUE(ledger.voting().contains("r2"));
}

TEST(replica_ledger, takes_the_first_producers_and_the_newest_digest) {
  const replica_ledger ledger =
      ledger_of({shared_producers{"a", "b", "fe-1"}, shared_producers{"c", "d", "fe-2"},
                 voted_digest{20'000, "x", "fe-1"}, voted_digest{10'000, "y", "fe-2"}});
  EXPECT_EQ(ledger.producers()->events, "a");
  EXPECT_EQ(ledger.newest_digest()->offset, 20'000);
}

ledger_entry random_entry(std::mt19937& random) {
  const std::string replica = names[random() % names.size()];
  const std::int64_t incarnation = 1 + static_cast<std::int64_t>(random() % 3);
  const std::int64_t offset = static_cast<std::int64_t>(random() % 20);
  switch (random() % 6) {
    case 0:
      return replica_bug{replica, incarnation, offset, "fe-1"};
    case 1:
      return replica_silent{replica, incarnation, offset, "fe-2"};
    case 2:
      return replica_right{replica, incarnation, offset, "fe-1"};
    case 3:
      return replica_agreed{replica, incarnation, offset, "d", "fe-1"};
    case 4:
      return replica_retired{replica, incarnation, "asked for", "admin"};
    default:
      return replica_started{replica, incarnation, "supervisor"};
  }
}

TEST(replica_ledger, folds_equally_for_a_reader_that_reads_bytes_and_one_that_sees_entries_twice) {
  for (unsigned seed = 0; seed < 100; ++seed) {
    std::mt19937 random(seed);
    replica_ledger one(names), read_back(names), repeated(names);
    for (int i = 0; i < 200; ++i) {
      const ledger_entry entry = random_entry(random);
      one.apply(entry);
      read_back.apply(*decode_ledger_entry(encode(entry)));
      repeated.apply(entry);
      repeated.apply(entry);
      ASSERT_EQ(text_of(one), text_of(read_back)) << "seed " << seed;
      ASSERT_EQ(text_of(one), text_of(repeated)) << "seed " << seed << ": " << encode(entry);
      for (const auto& [name, each] : one.replicas()) {
        ASSERT_EQ(each.state == replica_state::retired,
                  each.strikes >= 3 || each.misses >= 3 || each.reason == "asked for")
            << "seed " << seed << ": " << text_of(one);
      }
    }
  }
}

TEST(digest_round, needs_two_equal_digests_of_voting_replicas) {
  const replica_ledger ledger = all_voting();
  EXPECT_FALSE(judge_digests(9, {{"r1", 1, 9, false, "x"}, {"r2", 1, 9, false, "y"}}, ledger).digest);
  const digest_round round = judge_digests(9,
                                           {{"r1", 1, 9, false, "x"},
                                            {"r2", 1, 12, false, "y"},
                                            {"r3", 1, 9, false, "x"},
                                            {"r4", 1, 8, false, {}}},
                                           ledger);
  EXPECT_EQ(round.digest, "x");
  EXPECT_EQ(round.agree, (std::vector<std::string>{"r1", "r3"}));
  EXPECT_EQ(round.differ, (std::vector<std::string>{"r2"}));
  EXPECT_EQ(round.behind, (std::vector<std::string>{"r4"}));
  EXPECT_FALSE(round.bootstrapping);
}

TEST(digest_round, has_no_majority_where_there_are_two) {
  const digest_round round = judge_digests(9,
                                           {{"r1", 1, 9, false, "x"},
                                            {"r2", 1, 9, false, "x"},
                                            {"r3", 1, 9, false, "y"},
                                            {"r4", 1, 9, false, "y"}},
                                           all_voting());
  EXPECT_FALSE(round.digest);
  EXPECT_TRUE(round.differ.empty());
}

TEST(digest_round, asks_all_that_are_not_retired_at_the_first_start) {
  const digest_round round =
      judge_digests(9, {{"r1", 1, 9, false, "x"}, {"r2", 1, 9, false, "x"}}, replica_ledger(names));
  EXPECT_TRUE(round.bootstrapping);
  EXPECT_EQ(round.digest, "x");
  EXPECT_EQ(round.agree.size(), 2u);
}

TEST(digest_round, is_not_decided_by_replicas_that_are_catching_up_retired_damaged_or_of_another_time) {
  replica_ledger ledger = all_voting();
  ledger.apply(replica_retired{"r3", 1, "asked for", "admin"});
  ledger.apply(replica_started{"r3", 2, "supervisor"});
  ledger.apply(replica_retired{"r4", 1, "asked for", "admin"});
  const digest_round round = judge_digests(9,
                                           {{"r1", 1, 9, false, "x"},
                                            {"r2", 1, 9, true, "x"},
                                            {"r3", 2, 9, false, "x"},
                                            {"r4", 1, 9, false, "x"},
                                            {"r2", 7, 9, false, "x"},
                                            {"r9", 1, 9, false, "x"}},
                                           ledger);
  EXPECT_FALSE(round.digest);
  EXPECT_EQ(round.broken, (std::vector<std::string>{"r2"}));
  const digest_round decided = judge_digests(
      9, {{"r1", 1, 9, false, "x"}, {"r2", 1, 9, false, "x"}, {"r3", 2, 9, false, "x"}}, ledger);
  EXPECT_EQ(decided.agree, (std::vector<std::string>{"r1", "r2", "r3"}));
}

}  // namespace
}  // namespace marquee::booking
