#include "kafka/api/list_offsets.h"
#include "partition_fixture.h"

namespace marquee::broker {
namespace {

using kafka::kafka_error;
using values = std::vector<std::string>;

class fetch : public partition_test {
 protected:
  offset_answer offset_of(std::int64_t timestamp_ms) {
    offset_answer got;
    replica.served().list_offset(timestamp_ms, -1, [&](offset_answer answer) { got = answer; });
    return got;
  }
};

TEST_F(fetch, gives_nothing_beyond_the_high_watermark) {
  (void)send(batch_of({"a"}));
  replica.commit_all();
  (void)send(batch_of({"b"}));
  const fetch_answer all = replica.served().fetch({.max_bytes = 1 << 20});
  EXPECT_EQ(all.high_watermark, record_offset(1));
  EXPECT_EQ(read_values(0), (values{"a"}));
  const fetch_answer between = replica.served().fetch({.from = record_offset(2), .max_bytes = 1 << 20});
  EXPECT_EQ(between.error, kafka_error::none);
  EXPECT_TRUE(between.records.empty());
}

TEST_F(fetch, is_out_of_range_only_below_log_start_or_above_log_end) {
  (void)send(batch_of({"a", "b", "c"}));
  replica.commit_all();
  replica.entries().start = record_offset(1);
  EXPECT_EQ(replica.served().fetch({.from = record_offset(0)}).error, kafka_error::offset_out_of_range);
  EXPECT_EQ(replica.served().fetch({.from = record_offset(4)}).error, kafka_error::offset_out_of_range);
  EXPECT_EQ(replica.served().fetch({.from = record_offset(3)}).error, kafka_error::none);
}

TEST_F(fetch, begins_with_the_batch_that_contains_the_offset) {
  (void)send({batch_of({"a", "b"}), batch_of({"c", "d"}), batch_of({"e"})});
  replica.commit_all();
  EXPECT_EQ(read_values(3), (values{"c", "d", "e"}));
  EXPECT_EQ(replica.served().fetch({.from = record_offset(3), .max_bytes = 1 << 20}).record_count, 3);
}

TEST_F(fetch, gives_whole_batches_and_at_least_one_if_asked) {
  (void)send({batch_of({"a"}), batch_of({"b"}), batch_of({"c"})});
  replica.commit_all();
  const std::size_t one = replica.entries().entries[0].payload_bytes() / 3;
  const auto size = [&](std::int64_t most, bool at_least_one) {
    return replica.served().fetch({.max_bytes = most, .at_least_one_batch = at_least_one}).records.size();
  };
  EXPECT_EQ(size(1, true), one);
  EXPECT_EQ(size(1, false), 0U);
  EXPECT_EQ(size(static_cast<std::int64_t>(2 * one + 5), true), 2 * one);
}

TEST_F(fetch, gives_compressed_batches_as_they_came) {
  const incoming_batch sent = compressed(kafka::compression::lz4, {"a", "b"});
  (void)send(sent);
  replica.commit_all();
  const shared_bytes got = replica.served().fetch({.max_bytes = 1 << 20}).records.joined();
  ASSERT_EQ(got.size(), sent.data.size());
  EXPECT_EQ(got.slice(kafka::batch_layout::magic), sent.data.slice(kafka::batch_layout::magic));
  EXPECT_EQ(read_values(0), (values{"a", "b"}));
}

TEST_F(fetch, stops_in_front_of_zstd_that_the_client_does_not_know) {
  (void)send({batch_of({"a"}), compressed(kafka::compression::zstd, {"b"})});
  replica.commit_all();
  const auto fetch_from = [&](std::int64_t from) {
    return replica.served().fetch(
        {.from = record_offset(from), .max_bytes = 1 << 20, .zstd = read_limits::zstd_batches::refused});
  };
  const std::size_t first_batch = batch_of({"a"}).data.size();
  EXPECT_EQ(fetch_from(0).error, kafka_error::none);
  EXPECT_EQ(fetch_from(0).records.size(), first_batch);
  EXPECT_EQ(fetch_from(1).error, kafka_error::unsupported_compression_type);
  EXPECT_EQ(read_values(0), (values{"a", "b"}));
}

TEST_F(fetch, finds_times_within_compressed_batches) {
  (void)send(compressed(kafka::compression::gzip, {"a", "b", "c"}, 500));
  replica.commit_all();
  EXPECT_EQ(offset_of(501).offset, 1);
  EXPECT_EQ(offset_of(501).timestamp_ms, 501);
  EXPECT_EQ(offset_of(503).offset, -1);
}

TEST_F(fetch, names_the_leader_when_it_is_not) {
  replica.lose_leadership();
  const fetch_answer refused = replica.served().fetch({.max_bytes = 100});
  EXPECT_EQ(refused.error, kafka_error::not_leader_or_follower);
  ASSERT_TRUE(refused.leader);
  EXPECT_EQ(refused.leader->leader_id, 2);
}

TEST_F(fetch, checks_the_clients_leader_epoch_before_anything_else) {
  replica.lose_leadership();
  EXPECT_EQ(replica.served().fetch({.leader_epoch = 1}).error, kafka_error::fenced_leader_epoch);
  EXPECT_EQ(replica.served().fetch({.leader_epoch = 9}).error, kafka_error::unknown_leader_epoch);
}

TEST_F(fetch, wakes_whoever_waits_when_something_is_committed) {
  const net::wake_point point;
  const auto seen = point.generation();
  (void)replica.served().fetch({.max_bytes = 100, .waiter = &point, .waiter_id = 1});
  (void)send(batch_of({"a"}));
  EXPECT_EQ(point.generation(), seen);
  replica.commit_all();
  EXPECT_NE(point.generation(), seen);
}

TEST_F(fetch, latest_offset_is_the_high_watermark_after_a_read_barrier) {
  (void)send(batch_of({"a", "b"}));
  replica.commit_all();
  (void)send(batch_of({"c"}));
  offset_answer got;
  replica.served().list_offset(kafka::latest_timestamp, -1, [&](offset_answer answer) { got = answer; });
  EXPECT_EQ(got.offset, -1);
  ASSERT_EQ(replica.barriers.size(), 1U);
  replica.barriers[0]({});
  EXPECT_EQ(got.offset, 2);
}

TEST_F(fetch, finds_records_by_time) {
  (void)send({batch_of({"a"}, 1000), batch_of({"b", "c"}, 3000), batch_of({"d"}, 2000)});
  replica.commit_all();
  EXPECT_EQ(offset_of(kafka::earliest_timestamp).offset, 0);
  EXPECT_EQ(offset_of(0).offset, 0);
  EXPECT_EQ(offset_of(1001).offset, 1);
  EXPECT_EQ(offset_of(1001).timestamp_ms, 3000);
  EXPECT_EQ(offset_of(3001).offset, -1);
  EXPECT_EQ(offset_of(kafka::max_timestamp).offset, 1);
  EXPECT_EQ(offset_of(-4).error, kafka_error::unsupported_version);
}

TEST_F(fetch, tells_where_a_leaders_records_end) {
  (void)send(batch_of({"a", "b"}));
  replica.commit_all();
  const term_number old_term = replica.term();
  replica.lose_leadership();
  replica.lead();
  (void)send(batch_of({"c"}));
  replica.commit_all();
  const auto own = static_cast<std::int32_t>(replica.term().value());
  const auto before = static_cast<std::int32_t>(old_term.value());
  const partition& served = replica.served();
  EXPECT_EQ(served.end_of_epoch(own, -1).end, (leader_epoch_table::epoch_end{own, 3}));
  EXPECT_EQ(served.end_of_epoch(before, own).end, (leader_epoch_table::epoch_end{before, 2}));
  EXPECT_EQ(served.end_of_epoch(own + 1, own).end, (leader_epoch_table::epoch_end{-1, -1}));
  EXPECT_EQ(served.end_of_epoch(own, own - 1).error, kafka_error::fenced_leader_epoch);
  EXPECT_EQ(served.end_of_epoch(own, own + 1).error, kafka_error::unknown_leader_epoch);
  EXPECT_EQ(offset_of(kafka::earliest_timestamp).leader_epoch, before);
  replica.lose_leadership();
  EXPECT_EQ(replica.served().end_of_epoch(before, -1).error, kafka_error::not_leader_or_follower);
}

TEST_F(fetch, offsets_are_not_available_from_a_follower) {
  replica.lose_leadership();
  EXPECT_EQ(offset_of(kafka::latest_timestamp).error, kafka_error::not_leader_or_follower);
}

TEST_F(fetch, position_commands_are_applied_in_log_order) {
  std::vector<position_result> results;
  const auto note = [&](position_result got) { results.push_back(std::move(got)); };
  replica.served().command({.kind = position_command_kind::register_consumer, .consumer = "c"}, note);
  replica.served().command({.kind = position_command_kind::claim, .consumer = "c", .owner = "a:1"}, note);
  replica.served().command({.kind = position_command_kind::claim, .consumer = "c", .owner = "b:1"}, note);
  EXPECT_TRUE(results.empty());
  replica.commit_all();
  ASSERT_EQ(results.size(), 3U);
  EXPECT_EQ(results[1], (position_result{kafka_error::none, 1, "a:1"}));
  EXPECT_EQ(results[2], (position_result{kafka_error::illegal_generation, 1, "a:1"}));
  std::vector<position_answer> answers;
  replica.served().read_positions({"c", "d"},
                                  [&](kafka_error, std::vector<position_answer> got) { answers = got; });
  replica.barriers.back()({});
  ASSERT_EQ(answers.size(), 2U);
  EXPECT_EQ(answers[0].consumer->owner, "a:1");
  EXPECT_FALSE(answers[1].consumer);
}

}  // namespace
}  // namespace marquee::broker
