#include <gtest/gtest.h>

#include "kafka/api/list_offsets.h"
#include "partition_fixture.h"
#include "raft/core/log_start.h"

namespace marquee::broker {
namespace {

using kafka::kafka_error;

/// A leader with three segments of ten entries and two other voters.
class retention : public partition_test {
 protected:
  retention() {
    for (std::int64_t i = 0; i < 3; ++i) {
      raft::segment_summary& segment = replica.entries().summaries.emplace_back();
      segment.base_index = log_index(10 * i + 1);
      segment.last_index = log_index(10 * i + 10);
      segment.base_offset = record_offset(10 * i);
      segment.next_offset = record_offset(10 * i + 10);
      segment.bytes = 100;
    }
    replica.applied = log_index(30);
    voters_hold(30, 30);
  }
  void voters_hold(std::int64_t second, std::int64_t third) {
    const auto peer = [](int broker, std::int64_t match) {
      raft::peer_progress progress;
      progress.replica = {broker_id(broker), incarnation_id(1)};
      progress.voter = true;
      progress.match = log_index(match);
      return progress;
    };
    replica.now.progress = {peer(2, second), peer(3, third)};
  }
  void check(retention_rules rules = {.retention_bytes = 0}) { replica.served().keep_retention(rules, 5000); }
  [[nodiscard]] std::int64_t held_back() { return replica.registry_metrics.retention_held_back.value(); }
  [[nodiscard]] raft::log_start_mark proposed_mark() {
    const raft::entry& last = replica.entries().entries.back();
    EXPECT_EQ(last.type, raft::entry_type::log_start);
    return raft::decode_log_start(last.head).value_or(raft::log_start_mark{});
  }
  offset_answer offset_of(std::int64_t timestamp_ms) {
    offset_answer got;
    replica.served().list_offset(timestamp_ms, -1, [&](offset_answer answer) { got = answer; });
    return got;
  }
};

TEST_F(retention, leader_proposes_once_what_all_voters_had_at_two_checks) {
  check();
  EXPECT_EQ(replica.proposed(), 0U);
  check();
  check();
  ASSERT_EQ(replica.proposed(), 1U);
  EXPECT_EQ(proposed_mark(), (raft::log_start_mark{record_offset(20), log_index(21)}));
  replica.commit_all();
  replica.entries().start = record_offset(20);
  check();
  EXPECT_EQ(replica.proposed(), 0U);
}

TEST_F(retention, slow_voter_holds_it_back_and_the_metric_shows_it_until_it_has_caught_up) {
  voters_hold(30, 15);
  check();
  EXPECT_EQ(held_back(), 1);
  check();
  EXPECT_EQ(held_back(), 1);
  ASSERT_EQ(replica.proposed(), 1U);
  EXPECT_EQ(proposed_mark().index, log_index(11));
  replica.commit_all();
  replica.entries().start = record_offset(10);
  voters_hold(30, 30);
  check();
  EXPECT_EQ(held_back(), 0);
  check();
  EXPECT_EQ(proposed_mark().index, log_index(21));
}

TEST_F(retention, metric_goes_down_when_another_replica_leads) {
  voters_hold(0, 30);
  check();
  EXPECT_EQ(held_back(), 1);
  replica.lose_leadership();
  EXPECT_EQ(held_back(), 0);
  check();
  EXPECT_EQ(held_back(), 0);
}

TEST_F(retention, follower_ends_its_segments_and_proposes_nothing) {
  replica.lose_leadership();
  check({.retention_ms = 4000});
  check({.retention_ms = 4000});
  EXPECT_EQ(replica.entries().ended_before_ms, 4000);
  EXPECT_EQ(replica.proposed(), 0U);
}

TEST_F(retention, lost_proposal_is_made_again_in_the_next_leadership) {
  check();
  check();
  replica.lose_leadership();
  replica.lead();
  check();
  EXPECT_EQ(replica.proposed(), 0U);
  check();
  EXPECT_EQ(replica.proposed(), 1U);
}

TEST_F(retention, log_start_entries_take_no_offsets) {
  (void)send(batch_of({"a", "b"}));
  replica.commit_all();
  check();
  check();
  replica.commit_all();
  (void)send(batch_of({"c"}));
  replica.commit_all();
  EXPECT_EQ(replica.served().state().next_offset(), record_offset(3));
}

TEST_F(retention, lookups_give_no_offset_below_the_log_start) {
  (void)send(batch_of({"a"}, 9000));
  (void)send(batch_of({"b"}, 2000));
  (void)send(batch_of({"c"}, 3000));
  replica.commit_all();
  EXPECT_EQ(offset_of(kafka::max_timestamp).offset, 0);
  replica.entries().start = record_offset(1);
  EXPECT_EQ(offset_of(kafka::earliest_timestamp).offset, 1);
  EXPECT_EQ(offset_of(1).offset, 1);
  EXPECT_EQ(offset_of(2500).offset, 2);
  EXPECT_EQ(offset_of(9000).offset, -1);
  EXPECT_EQ(offset_of(kafka::max_timestamp).offset, 2);
  EXPECT_EQ(offset_of(kafka::max_timestamp).timestamp_ms, 3000);
  replica.entries().start = record_offset(3);
  EXPECT_EQ(offset_of(kafka::max_timestamp).offset, -1);
}

TEST_F(retention, retry_of_what_was_removed_is_a_duplicate_with_its_first_offset) {
  (void)send(sequenced(7, 1, {"a", "b"}, 111));
  replica.commit_all();
  replica.entries().start = record_offset(2);
  const sent again = send(sequenced(7, 1, {"a", "b"}, 111));
  ASSERT_TRUE(again.answered());
  EXPECT_EQ(again.batch().base_offset, 0);
  const sent cut_otherwise = send(sequenced(7, 2, {"b"}, 222));
  ASSERT_TRUE(cut_otherwise.answered());
  EXPECT_EQ(cut_otherwise.batch().error, kafka_error::none);
  EXPECT_EQ(cut_otherwise.batch().base_offset, 1);
}

TEST(time_index, forgets_stretches_below_the_log_start_and_keeps_the_one_it_lies_in) {
  time_index index;
  for (std::int64_t i = 0; i < 4; ++i) index.add(record_offset(10 * i), time_index::stretch_bytes, 100 + i);
  index.forget_below(record_offset(25));
  EXPECT_EQ(index.find(1), record_offset(20));
  EXPECT_EQ(index.largest(record_offset(25)), 103);
  EXPECT_EQ(index.next_stretch(record_offset(25)), record_offset(30));
  EXPECT_EQ(index.next_stretch(record_offset(30)), std::nullopt);
  index.forget_below(record_offset(1000));
  EXPECT_EQ(index.find(1), record_offset(30));
}

}  // namespace
}  // namespace marquee::broker
