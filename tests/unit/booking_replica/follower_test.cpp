#include "booking_app/replica/follower.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/unit/booking_replica/command_log.h"

namespace marquee::booking {
namespace {

using nlohmann::json;

/// A follower whose clock stands at the time of the first record.
struct test_replica {
  simulated_clock time{};
  fault_switches faults{};
  std::vector<outgoing_vote> votes{};
  follower follows;

  explicit test_replica(const std::string& name = "r1", machine begin = {}, std::int64_t self_check = 10'000)
      : follows(std::move(begin), {.replica = name, .self_check_records = self_check}, time, faults,
                [this](outgoing_vote vote) { votes.push_back(std::move(vote)); }) {}

  void take(const std::vector<logged_message>& messages, std::optional<std::int64_t> ms_since_end = {}) {
    follows.take(messages, ms_since_end);
  }
  [[nodiscard]] json vote(std::size_t number) const { return json::parse(votes.at(number).text); }
};

command_log a_show_and_a_seat() {
  command_log log;
  log.add_show("S1");
  log.add_reserve("alice", "S1", "1A");
  return log;
}

TEST(follower, votes_on_each_command_in_the_partition_of_the_front_end_that_asked) {
  test_replica one("r3");
  one.take(a_show_and_a_seat().all());
  ASSERT_EQ(one.votes.size(), 2U);
  EXPECT_EQ(one.votes[1].partition, 1);
  EXPECT_EQ(one.vote(1)["replica"], "r3");
  EXPECT_EQ(one.vote(1)["code"], "RESERVED");
  EXPECT_EQ(one.vote(1)["at_offset"], 1);
  EXPECT_EQ(one.vote(1)["digest"], to_text(*one.follows.digest_at(1)));
}

TEST(follower, gives_the_same_votes_as_another_replica_but_for_its_name) {
  const command_log log = a_show_and_a_seat();
  test_replica one("r1");
  test_replica other("r2");
  one.take(log.all());
  for (const logged_message& message : log.all()) other.take({message});
  ASSERT_EQ(one.votes.size(), other.votes.size());
  for (std::size_t i = 0; i < one.votes.size(); ++i) {
    EXPECT_EQ(one.vote(i)["reply_hash"], other.vote(i)["reply_hash"]);
    EXPECT_EQ(one.vote(i)["digest"], other.vote(i)["digest"]);
  }
}

TEST(follower, does_not_vote_for_whoever_is_no_front_end) {
  for (const char* nobody : {"", "fe-", "fe-0", "fe-17", "fe-01", "fe-1x", "fe--1", "fe-99999999999", "r1"})
    EXPECT_FALSE(reply_partition_of(nobody)) << nobody;
  EXPECT_EQ(reply_partition_of("fe-1"), 0);
  EXPECT_EQ(reply_partition_of("fe-16"), 15);
  test_replica one;
  command_log log;
  log.add_command("session.open", "alice", "{}", "fe-17");
  one.take(log.all());
  EXPECT_TRUE(one.votes.empty());
  EXPECT_EQ(one.follows.now().offset, 0);
}

TEST(follower, does_not_vote_on_what_nobody_waits_for_any_more) {
  test_replica one;
  one.time.advance_ms(10'100);
  one.take(a_show_and_a_seat().all());
  EXPECT_TRUE(one.votes.empty());
  EXPECT_EQ(one.follows.now().offset, 1);
}

TEST(follower, votes_on_new_records_although_a_brokers_clock_is_an_hour_off) {
  for (const std::int64_t off_ms : {-3'600'000, 3'600'000}) {
    test_replica one;
    one.time.set_wall_ms(one.time.wall_ms() + off_ms);
    const command_log log = a_show_and_a_seat();
    one.take(log.from(0, 1));
    EXPECT_TRUE(one.votes.empty());
    one.take(log.from(1), 3'000);
    EXPECT_EQ(one.votes.size(), 1U);
  }
}

TEST(follower, is_not_stopped_by_records_that_are_no_commands) {
  command_log log = a_show_and_a_seat();
  log.add("");
  log.add("{");
  log.add("\xff\xfe");
  log.add(std::string(1 << 20, 'x'));
  log.add(std::string(100'000, '['));
  log.add(R"({"v":1,"type":"no.such","client_id":"alice","seq":1,"reply_to":"fe-2","body":{}})");
  log.add_reserve("bob", "S1", "2A");
  test_replica one;
  one.take(log.all());
  EXPECT_EQ(one.follows.now().offset, 8);
  EXPECT_EQ(one.follows.counted().bad_commands, 6U);
  EXPECT_EQ(json::parse(one.votes.back().text)["code"], "RESERVED");
}

TEST(follower, goes_on_from_a_snapshot_with_the_same_votes_and_digests) {
  command_log log;
  log.add_show("S1");
  for (int row = 1; row <= 25; ++row) log.add_reserve("alice", "S1", std::to_string(row) + "B");
  log.add_tick();
  const std::int64_t end = log.add_reserve("bob", "S1", "3B");
  test_replica whole;
  whole.take(log.all());
  for (const std::int64_t cut : {1, 13, 26}) {
    test_replica before;
    before.take(log.from(0, cut));
    const auto snapshot = before.follows.snapshot();
    ASSERT_TRUE(snapshot);
    EXPECT_EQ(snapshot->next_offset, cut);
    test_replica after("r1", std::move(*machine::from_snapshot(as_bytes(snapshot->bytes))));
    EXPECT_EQ(after.follows.digest_at(cut - 1), whole.follows.digest_at(cut - 1));
    after.take(log.from(cut));
    EXPECT_EQ(after.follows.digest_at(end), whole.follows.digest_at(end));
    EXPECT_EQ(after.votes.back().text, whole.votes.back().text);
    EXPECT_EQ(after.follows.snapshot()->bytes, whole.follows.snapshot()->bytes);
  }
}

TEST(follower, stops_voting_and_keeps_no_snapshots_when_its_state_was_changed_behind_its_back) {
  test_replica one("r1", {}, 4);
  command_log log = a_show_and_a_seat();
  log.add_show("S2");
  one.take(log.all());
  one.follows.damage(
      [](machine& all) { const_cast<machine_state&>(all.state()).shows.find("S2")->version += 1; });
  log.add_reserve("bob", "S1", "2A");
  log.add_reserve("carol", "S1", "3A");
  one.votes.clear();
  one.take(log.from(3));
  EXPECT_TRUE(one.follows.now().broken);
  EXPECT_TRUE(one.votes.empty());
  EXPECT_FALSE(one.follows.snapshot());
}

TEST(follower, checks_itself_as_often_as_it_is_told_and_finds_nothing_wrong) {
  test_replica one("r1", {}, 2);
  command_log log = a_show_and_a_seat();
  for (int row = 2; row <= 9; ++row) log.add_reserve("bob", "S1", std::to_string(row) + "C");
  one.take(log.all());
  EXPECT_EQ(one.follows.counted().self_checks, 5U);
  EXPECT_FALSE(one.follows.now().broken);
}

TEST(follower, lies_as_often_as_it_is_told_and_each_replica_in_its_own_way) {
  command_log log = a_show_and_a_seat();
  log.add_reserve("bob", "S1", "2A");
  test_replica right("r1");
  test_replica wrong("r2");
  test_replica also_wrong("r3");
  wrong.faults.make_wrong(2);
  also_wrong.faults.make_wrong(2);
  for (test_replica* one : {&right, &wrong, &also_wrong}) one->take(log.all());
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_NE(wrong.vote(i)["reply_hash"], right.vote(i)["reply_hash"]);
    EXPECT_NE(wrong.vote(i)["reply_hash"], also_wrong.vote(i)["reply_hash"]);
    EXPECT_EQ(wrong.vote(i)["digest"], right.vote(i)["digest"]);
  }
  EXPECT_EQ(wrong.vote(2)["reply_hash"], right.vote(2)["reply_hash"]);
}

TEST(follower, is_late_as_often_as_it_is_told) {
  test_replica one;
  one.faults.make_slow(1);
  one.take(a_show_and_a_seat().all());
  EXPECT_EQ(one.votes[0].delay_ms, 2'000);
  EXPECT_EQ(one.votes[1].delay_ms, 0);
}

TEST(follower, shows_a_corrupted_seat_in_the_digest_of_the_next_record) {
  command_log log = a_show_and_a_seat();
  test_replica right;
  test_replica corrupted;
  EXPECT_FALSE(corrupted.follows.corrupt_one_seat()) << "there is no seat yet";
  for (test_replica* one : {&right, &corrupted}) one->take(log.all());
  EXPECT_TRUE(corrupted.follows.corrupt_one_seat());
  log.add_reserve("bob", "S1", "9A");
  for (test_replica* one : {&right, &corrupted}) one->take(log.from(2));
  EXPECT_EQ(right.follows.digest_at(1), corrupted.follows.digest_at(1));
  EXPECT_NE(right.follows.digest_at(2), corrupted.follows.digest_at(2));
}

TEST(follower_death, exits_at_the_next_command_but_not_at_a_tick) {
  command_log log = a_show_and_a_seat();
  log.add_tick();
  const std::int64_t last = log.add_reserve("bob", "S1", "2A");
  test_replica one;
  one.take(log.from(0, 2));
  one.faults.make_crash();
  one.take(log.from(2, last));
  EXPECT_EXIT(one.take(log.from(last)), testing::ExitedWithCode(70), "exits at offset 3");
}

}  // namespace
}  // namespace marquee::booking
