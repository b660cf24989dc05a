#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "booking_app/voting/replica_judge.h"
#include "tests/unit/booking_voting/made_votes.h"

namespace marquee::booking {
namespace {

const std::vector<std::string> names = {"r1", "r2", "r3", "r4"};

/// A front end that reads its own entries back at once, or later.
class front_end {
 public:
  explicit front_end(std::string by = "fe-1") : judge({.by = std::move(by), .heartbeat_ms = 1'000}) {
    for (const std::string& name : names) ledger.apply(replica_agreed{name, 1, 0, "d", "fe-1"});
    judge.on_time(ledger, now);
    hear_from(names);
  }

  void hear_from(const std::vector<std::string>& replicas) {
    for (const std::string& name : replicas)
      judge.on_status({.replica = name, .incarnation = ledger.find(name)->incarnation}, now);
  }
  void cast(const vote& one) { write(judge.on_vote(one, votes.add(one, ledger.voting(), now), ledger, now)); }
  /// All replicas vote about one record; `wrong` otherwise, `silent` not at all.
  void record(std::int64_t offset, const std::set<std::string>& wrong = {},
              const std::set<std::string>& silent = {}) {
    for (const std::string& name : names)
      if (!silent.contains(name)) cast(made_vote(name, offset, wrong.contains(name) ? "no " + name : "yes"));
  }
  /// Time passes, as it does for a front end that looks often and hears from everybody else.
  void wait(std::int64_t ms, const std::vector<std::string>& heard = names) {
    for (const std::int64_t end = now + ms; now < end;) {
      now += 100;
      hear_from(heard);
      write(judge.on_silences(votes.take_silences(ledger.voting(), now, 1'000), ledger, now));
      write(judge.on_time(ledger, now));
    }
  }
  void write(const replica_judge::entries& entries) {
    for (const ledger_entry& entry : entries) {
      written.push_back(entry);
      if (reads) fold(entry);
    }
  }
  void fold(const ledger_entry& entry) {
    ledger.apply(entry);
    judge.on_folded(entry);
  }
  template <class Entry>
  [[nodiscard]] std::size_t count() const {
    return static_cast<std::size_t>(
        std::ranges::count_if(written, [](const auto& each) { return std::holds_alternative<Entry>(each); }));
  }
  [[nodiscard]] const replica_ledger::replica& of(const std::string& name) const {
    return *ledger.find(name);
  }

  replica_ledger ledger{names};
  vote_table votes{{}};
  replica_judge judge;
  std::int64_t now = 0;
  bool reads = true;
  std::vector<ledger_entry> written;
};

TEST(replica_judge, writes_nothing_while_all_is_well) {
  front_end one;
  for (std::int64_t offset = 1; offset < 100; ++offset) one.record(offset);
  one.wait(5'000);
  EXPECT_TRUE(one.written.empty());
}

TEST(replica_judge, strikes_one_wrong_vote_and_clears_it_with_the_next_right_one) {
  front_end one;
  one.record(1, {"r2"});
  EXPECT_EQ(one.of("r2").strikes, 1);
  one.record(2);
  EXPECT_EQ(one.of("r2").strikes, 0);
  one.record(3);
  EXPECT_EQ(one.written.size(), 2u);
}

TEST(replica_judge, strikes_also_when_the_wrong_vote_comes_last) {
  front_end one;
  for (const char* name : {"r1", "r3", "r4"}) one.cast(made_vote(name, 1, "yes"));
  one.cast(made_vote("r2", 1, "yes", "another state"));
  EXPECT_EQ(one.of("r2").strikes, 1);
}

TEST(replica_judge, has_one_retired_that_is_wrong_three_times_in_a_row) {
  front_end one;
  for (std::int64_t offset = 1; offset <= 3; ++offset) one.record(offset, {"r2"});
  EXPECT_EQ(one.of("r2").state, replica_state::retired);
  EXPECT_EQ(one.count<replica_bug>(), 3u);
}

TEST(replica_judge, strikes_nobody_without_a_majority) {
  front_end one;
  one.record(1, {"r1", "r2", "r3"});
  EXPECT_TRUE(one.written.empty());
}

TEST(replica_judge, writes_no_more_than_three_strikes_before_it_reads_them) {
  front_end one;
  one.reads = false;
  for (std::int64_t offset = 1; offset <= 500; ++offset) one.record(offset, {"r2"});
  EXPECT_EQ(one.count<replica_bug>(), 3u);
}

TEST(replica_judge, writes_one_right_for_strikes_that_it_has_not_read_yet) {
  front_end one;
  one.reads = false;
  one.record(1, {"r2"});
  for (std::int64_t offset = 2; offset <= 50; ++offset) one.record(offset);
  EXPECT_EQ(one.count<replica_right>(), 1u);
  for (const ledger_entry& entry : std::vector(one.written)) one.fold(entry);
  EXPECT_EQ(one.of("r2").strikes, 0);
}

TEST(replica_judge, clears_a_strike_that_another_front_end_wrote) {
  front_end one;
  one.fold(replica_bug{"r2", 1, 5, "fe-2"});
  one.record(4);
  EXPECT_EQ(one.of("r2").strikes, 1) << "a vote for an earlier record says nothing";
  one.record(6);
  EXPECT_EQ(one.of("r2").strikes, 0);
}

TEST(replica_judge, has_one_retired_that_is_silent_three_times) {
  front_end one;
  for (std::int64_t offset = 1; offset <= 3; ++offset) one.record(offset, {}, {"r2"});
  one.wait(900);
  EXPECT_EQ(one.of("r2").misses, 0);
  one.wait(300);
  EXPECT_EQ(one.of("r2").state, replica_state::retired);
  EXPECT_EQ(one.count<replica_silent>(), 3u);
}

TEST(replica_judge, takes_a_late_vote_for_the_end_of_a_silence) {
  front_end one;
  one.record(1, {}, {"r2"});
  one.wait(1'200);
  EXPECT_EQ(one.of("r2").misses, 1);
  one.cast(made_vote("r2", 1, "yes"));
  EXPECT_EQ(one.of("r2").misses, 0);
}

TEST(replica_judge, does_not_hold_a_lost_vote_against_one_that_went_on_voting) {
  front_end one;
  for (std::int64_t offset = 1; offset <= 3; ++offset) one.record(offset, {}, {"r2"});
  one.record(4);
  one.wait(2'000);
  EXPECT_TRUE(one.written.empty());
}

TEST(replica_judge, retires_nobody_for_silence_when_fewer_than_two_others_answer) {
  front_end one;
  one.fold(replica_retired{"r4", 1, "asked for", "admin"});
  one.wait(5'000, {"r1"});
  EXPECT_TRUE(one.written.empty()) << encode(one.written.front());
  one.wait(2'000, {"r1", "r2"});
  EXPECT_EQ(one.of("r3").state, replica_state::retired);
}

TEST(replica_judge, retires_one_without_a_heartbeat) {
  front_end one;
  one.wait(900, {"r1", "r3", "r4"});
  EXPECT_EQ(one.of("r2").state, replica_state::voting);
  one.wait(200, {"r1", "r3", "r4"});
  EXPECT_EQ(one.of("r2").state, replica_state::retired);
  EXPECT_EQ(one.of("r2").reason, "no answer for 1000 ms");
  EXPECT_EQ(one.written.size(), 1u);
}

TEST(replica_judge, blames_nobody_for_being_cut_off) {
  front_end one;
  one.wait(500);
  // The last answers of a round do not come at the same moment.
  one.now += 100;
  one.hear_from({"r1", "r2", "r3"});
  one.wait(5'000, {});
  EXPECT_TRUE(one.written.empty()) << "nobody is heard";
  one.wait(900, {"r3", "r4"});
  EXPECT_TRUE(one.written.empty()) << "some connections take longer to come back";
  one.wait(200, {"r3", "r4"});
  EXPECT_EQ(one.of("r1").state, replica_state::retired);
}

TEST(replica_judge, blames_nobody_for_a_sleep_of_its_own) {
  front_end one;
  one.wait(500);
  one.now += 60'000;
  one.write(one.judge.on_time(one.ledger, one.now));
  one.hear_from({"r1", "r2"});
  one.write(one.judge.on_time(one.ledger, one.now));
  one.wait(900, {"r1", "r2"});
  EXPECT_TRUE(one.written.empty());
}

TEST(replica_judge, gives_a_new_incarnation_time_to_start) {
  front_end one;
  one.fold(replica_retired{"r2", 1, "asked for", "admin"});
  one.fold(replica_started{"r2", 2, "supervisor"});
  const std::vector<std::string> others = {"r1", "r3", "r4"};
  one.wait(9'000, others);
  EXPECT_EQ(one.of("r2").state, replica_state::catching_up);
  one.wait(2'000, others);
  EXPECT_EQ(one.of("r2").state, replica_state::retired);
}

TEST(replica_judge, does_not_take_an_answer_of_the_old_incarnation_for_a_heartbeat) {
  front_end one;
  one.fold(replica_retired{"r2", 1, "asked for", "admin"});
  one.fold(replica_started{"r2", 2, "supervisor"});
  one.wait(500);
  for (int i = 0; i < 12; ++i) {
    one.judge.on_status({.replica = "r2", .incarnation = 1}, one.now);
    one.wait(100, {"r1", "r3", "r4"});
  }
  EXPECT_EQ(one.of("r2").state, replica_state::retired);
}

TEST(replica_judge, lets_a_replica_vote_once_its_digest_is_the_majoritys) {
  front_end one;
  one.fold(replica_retired{"r2", 1, "asked for", "admin"});
  one.fold(replica_started{"r2", 2, "supervisor"});
  one.reads = false;
  const digest_round round{.offset = 9, .digest = "d", .agree = {"r1", "r2", "r3"}};
  one.write(one.judge.on_round(round, one.ledger, one.now));
  one.write(one.judge.on_round(round, one.ledger, one.now));
  ASSERT_EQ(one.written.size(), 1u);
  one.fold(one.written[0]);
  EXPECT_TRUE(one.ledger.voting().contains("r2"));
}

TEST(replica_judge, strikes_another_digest_once_for_each_offset) {
  front_end one;
  for (const std::int64_t offset : {9, 9, 10})
    one.write(one.judge.on_round({.offset = offset, .digest = "d", .differ = {"r2"}}, one.ledger, one.now));
  EXPECT_EQ(one.of("r2").strikes, 2);
}

TEST(replica_judge, retires_one_that_found_itself_damaged) {
  front_end one;
  one.write(one.judge.on_round({.offset = 9, .broken = {"r2"}}, one.ledger, one.now));
  EXPECT_EQ(one.of("r2").state, replica_state::retired);
}

TEST(replica_judge, notes_the_digest_of_the_majority_every_ten_thousand_offsets) {
  front_end one;
  one.record(9'999);
  EXPECT_TRUE(one.written.empty());
  one.record(10'003);
  one.record(10'004);
  ASSERT_EQ(one.count<voted_digest>(), 1u);
  EXPECT_EQ(one.ledger.newest_digest()->offset, 10'003);
  one.write(one.judge.on_round({.offset = 20'000, .digest = "e"}, one.ledger, one.now));
  EXPECT_EQ(one.ledger.newest_digest()->digest, "e");
}

TEST(replica_judge, writes_a_lost_entry_again) {
  front_end one;
  one.reads = false;
  const digest_round round{.offset = 9, .digest = "d", .differ = {"r2"}};
  one.write(one.judge.on_round(round, one.ledger, one.now));
  one.now += 5'000;
  one.write(one.judge.on_round(round, one.ledger, one.now));
  EXPECT_EQ(one.count<replica_bug>(), 2u);
}

TEST(replica_judge, pays_no_heed_to_votes_of_strangers) {
  front_end one;
  for (int i = 0; i < 10; ++i) one.cast(made_vote("r9", i, "no"));
  EXPECT_TRUE(one.written.empty());
}

/// Two front ends see the same wrong votes in different orders and write what they conclude; both fold one
/// log.
TEST(replica_judge, agrees_with_another_front_end_on_one_replacement) {
  for (unsigned seed = 0; seed < 200; ++seed) {
    std::mt19937 random(seed);
    std::vector<front_end> ends;
    ends.emplace_back("fe-1");
    ends.emplace_back("fe-2");
    for (front_end& each : ends) each.reads = false;
    std::vector<vote> cast;
    for (std::int64_t offset = 1; offset <= 4; ++offset)
      for (const std::string& name : names)
        cast.push_back(made_vote(name, offset, name == "r2" ? "no" : "yes"));
    for (front_end& each : ends) {
      std::ranges::shuffle(cast, random);
      for (const vote& one : cast) each.cast(one);
    }
    std::vector<ledger_entry> log = ends[0].written;
    log.insert(log.end(), ends[1].written.begin(), ends[1].written.end());
    std::ranges::shuffle(log, random);
    for (front_end& each : ends)
      for (const ledger_entry& entry : log) each.fold(entry);
    for (front_end& each : ends) {
      EXPECT_EQ(each.of("r2").state, replica_state::retired) << "seed " << seed;
      EXPECT_EQ(each.of("r2").incarnation, 1) << "seed " << seed;
      EXPECT_EQ(each.ledger.voting().size(), 3u) << "seed " << seed;
    }
    EXPECT_EQ(ends[0].of("r2").reason, ends[1].of("r2").reason) << "seed " << seed;
  }
}

}  // namespace
}  // namespace marquee::booking
