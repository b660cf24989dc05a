#include "kafka/batch_validation.h"
#include "partition_fixture.h"

namespace marquee::broker {
namespace {

using kafka::kafka_error;
using copy = kafka::marquee_batch_result::copy;
using values = std::vector<std::string>;

class produce : public partition_test {};

TEST_F(produce, answers_only_when_the_entry_is_applied) {
  const sent one = send(batch_of({"a", "b"}));
  EXPECT_FALSE(one.answered());
  replica.commit_all();
  ASSERT_TRUE(one.answered());
  EXPECT_EQ(one.got().error, kafka_error::none);
  EXPECT_EQ(one.batch().base_offset, 0);
  EXPECT_EQ(one.got().commit_us, 30);
  EXPECT_EQ(read_values(0), (values{"a", "b"}));
}

TEST_F(produce, refuses_before_it_leads_and_after_it_lost_leadership) {
  replica.lose_leadership();
  const sent one = send(batch_of({"a"}));
  ASSERT_TRUE(one.answered());
  EXPECT_EQ(one.got().error, kafka_error::not_leader_or_follower);
  EXPECT_EQ(one.got().outcome, produce_outcome::definite);
}

TEST_F(produce, makes_one_entry_of_what_arrives_while_another_is_in_flight) {
  std::vector<sent> all;
  for (int i = 0; i < 10; ++i) all.push_back(send(batch_of({std::to_string(i)})));
  EXPECT_EQ(replica.proposed(), 1U);
  replica.commit_one();
  EXPECT_EQ(replica.proposed(), 1U);
  EXPECT_EQ(replica.entries().entries.back().record_count, 9);
  replica.commit_all();
  for (int i = 0; i < 10; ++i) EXPECT_EQ(all[static_cast<std::size_t>(i)].batch().base_offset, i);
}

TEST_F(produce, has_two_entries_in_flight_when_the_second_is_large) {
  (void)send(batch_of({"small"}));
  (void)send(batch_of({std::string(40'000, 'x')}));
  EXPECT_EQ(replica.proposed(), 1U);
  (void)send(batch_of({std::string(40'000, 'y')}));
  EXPECT_EQ(replica.proposed(), 2U);
  (void)send(batch_of({std::string(100'000, 'z')}));
  EXPECT_EQ(replica.proposed(), 2U);
  replica.commit_all();
  EXPECT_EQ(read_values(0).size(), 4U);
}

TEST_F(produce, stores_batches_that_a_client_can_check) {
  time.advance_ms(5);
  (void)send({batch_of({"a"}), batch_of({std::string(100'000, 'x')}), batch_of({"c"})});
  (void)send({batch_of({"stamped"})}, timestamp_kind::append);
  replica.commit_all();
  const shared_bytes all = replica.served().fetch({.max_bytes = 1 << 20}).records.joined();
  std::int64_t offset = 0;
  for (std::size_t at = 0; at < all.size(); ++offset) {
    const auto header = kafka::read_batch_header(all.view().subspan(at));
    const bytes_view batch = all.view().subspan(at, header->total_size());
    EXPECT_EQ(header->base_offset, offset);
    EXPECT_EQ(header->partition_leader_epoch, 1);
    EXPECT_EQ(kafka::compute_batch_crc(batch), header->crc);
    EXPECT_EQ(header->has_append_time(), offset == 3);
    if (offset == 3) EXPECT_EQ(header->max_timestamp, time.wall_ms());
    at += header->total_size();
  }
  EXPECT_EQ(offset, 4);
}

TEST_F(produce, append_time_never_goes_back) {
  (void)send(batch_of({"a"}));
  time.set_wall_ms(5);
  (void)send(batch_of({"b"}));
  replica.commit_all();
  const auto& entries = replica.entries().entries;
  EXPECT_EQ(entries[1].append_time_ms, entries[0].append_time_ms);
}

TEST_F(produce, answers_a_retry_with_the_original_offsets) {
  (void)send(sequenced(1, 0, {"a", "b"}, 7));
  replica.commit_all();
  const sent retry = send(sequenced(1, 0, {"a", "b"}, 7));
  ASSERT_TRUE(retry.answered());
  EXPECT_EQ(retry.batch().kind, copy::duplicate);
  EXPECT_EQ(retry.batch().base_offset, 0);
  EXPECT_EQ(read_values(0), (values{"a", "b"}));
}

TEST_F(produce, answers_a_retry_with_the_timestamps_that_are_stored) {
  using times = std::vector<std::int64_t>;
  incoming_batch original = sequenced(1, 0, {"a", "b"}, 7);
  (void)send(original);
  (void)send({sequenced(2, 0, {"c"}, 8)}, timestamp_kind::append);
  replica.commit_all();
  const std::int64_t stamp_ms = time.wall_ms();
  time.advance_ms(5000);
  incoming_batch later = batch_of({"a", "b"}, 6000);
  later.item.producer_id = 1;
  later.item.runs = original.item.runs;
  EXPECT_EQ(send(later).batch().timestamps_ms, (times{1000, 1000}));
  EXPECT_EQ(send({sequenced(2, 0, {"c"}, 8)}, timestamp_kind::append).batch().timestamps_ms,
            (times{stamp_ms}));
  const sent more = send(sequenced(1, 1, {"b", "d"}, 9));
  replica.commit_all();
  EXPECT_EQ(more.batch().timestamps_ms, (times{1000, -1}));
  replica.entries().start = record_offset(1);
  EXPECT_EQ(send(later).batch().timestamps_ms, (times{-1, 1000}));
}

TEST_F(produce, says_that_it_cannot_compare_when_the_log_cannot_be_read) {
  (void)send(sequenced(1, 0, {"a"}, 7));
  replica.commit_all();
  replica.entries().read_error = error_code::corrupt;
  const sent retry = send(sequenced(1, 0, {"a"}, 7));
  EXPECT_EQ(retry.batch().error, kafka_error::kafka_storage_error);
  EXPECT_EQ(retry.got().outcome, produce_outcome::unknown);
}

TEST_F(produce, a_retry_of_something_under_way_appends_nothing_and_gets_its_answer) {
  const sent first = send(sequenced(1, 0, {"a"}, 7));
  const sent retry = send(sequenced(1, 0, {"a"}, 7));
  EXPECT_EQ(replica.proposed(), 1U);
  replica.commit_all();
  EXPECT_EQ(first.batch().kind, copy::stored);
  ASSERT_TRUE(retry.answered());
  EXPECT_EQ(retry.batch().kind, copy::duplicate);
  EXPECT_EQ(retry.batch().base_offset, 0);
}

TEST_F(produce, appends_only_what_is_new_of_an_overlapping_batch) {
  (void)send(sequenced(1, 0, {"a", "b"}, 7));
  replica.commit_all();
  const sent more = send(sequenced(1, 0, {"a", "b", "c"}, 8));
  replica.commit_all();
  ASSERT_TRUE(more.answered());
  EXPECT_EQ(more.batch().kind, copy::mixed);
  EXPECT_EQ(more.batch().offsets, (std::vector<std::int64_t>{0, 1, 2}));
  EXPECT_EQ(more.batch().base_offset, 2);
  EXPECT_EQ(read_values(0), (values{"a", "b", "c"}));
  const sent part = send(sequenced(1, 1, {"b", "c"}, 9));
  EXPECT_EQ(part.batch().kind, copy::duplicate);
  EXPECT_EQ(part.batch().base_offset, 1);
}

TEST_F(produce, refuses_a_sequence_that_holds_another_message) {
  (void)send(sequenced(1, 0, {"a"}, 7));
  replica.commit_all();
  const sent other = send(sequenced(1, 0, {"z"}, 8));
  ASSERT_TRUE(other.answered());
  EXPECT_EQ(other.batch().error, kafka_error::duplicate_sequence_number);
  const sent mixed = send(sequenced(1, 0, {"z", "b"}, 9));
  replica.commit_all();
  EXPECT_EQ(mixed.batch().kind, copy::mixed);
  EXPECT_EQ(mixed.batch().offsets, (std::vector<std::int64_t>{duplicate_verdict::reused, 1}));
}

TEST_F(produce, batches_of_one_request_may_repeat_each_other) {
  const sent twice = send({sequenced(1, 0, {"a"}, 7), sequenced(1, 0, {"a"}, 7)});
  replica.commit_all();
  ASSERT_TRUE(twice.answered());
  EXPECT_EQ(twice.got().batches[0].kind, copy::stored);
  EXPECT_EQ(twice.got().batches[1].kind, copy::duplicate);
}

TEST_F(produce, says_unknown_for_what_was_appended_when_leadership_is_lost) {
  const sent one = send(sequenced(1, 0, {"a"}, 7));
  const sent retry = send(sequenced(1, 0, {"a"}, 7));
  const sent two = send(batch_of({std::string(70'000, 'b')}));
  const sent queued = send(batch_of({"c"}));
  replica.lose_leadership();
  for (const sent* lost : {&one, &retry, &two}) {
    ASSERT_TRUE(lost->answered());
    EXPECT_EQ(lost->got().error, kafka_error::not_leader_or_follower);
    EXPECT_EQ(lost->got().outcome, produce_outcome::unknown);
  }
  EXPECT_EQ(queued.got().error, kafka_error::not_leader_or_follower);
  EXPECT_EQ(queued.got().outcome, produce_outcome::definite);
}

TEST_F(produce, deduplicates_after_it_leads_again) {
  (void)send(sequenced(1, 0, {"a"}, 7));
  const auto entry = replica.entries().entries.back();
  replica.lose_leadership();
  replica.served().apply(entry);
  replica.lead();
  EXPECT_EQ(send(sequenced(1, 0, {"a"}, 7)).batch().kind, copy::duplicate);
}

TEST_F(produce, time_out_tells_what_is_in_the_log_from_what_is_not) {
  const sent proposed = send(batch_of({"a"}));
  (void)send(batch_of({"b"}));
  const sent queued = send(sequenced(1, 0, {"c"}, 7));
  replica.served().abandon(proposed.order);
  replica.served().abandon(queued.order);
  EXPECT_EQ(proposed.got().error, kafka_error::request_timed_out);
  EXPECT_EQ(proposed.got().outcome, produce_outcome::unknown);
  EXPECT_EQ(queued.got().error, kafka_error::not_enough_replicas);
  EXPECT_EQ(queued.got().outcome, produce_outcome::definite);
  replica.commit_all();
  EXPECT_EQ(read_values(0), (values{"a", "b"}));
  EXPECT_EQ(replica.proposed(), 0U);
  const sent again = send(sequenced(1, 0, {"c"}, 7));
  replica.commit_all();
  EXPECT_EQ(again.batch().kind, copy::stored);
}

TEST_F(produce, refuses_when_raft_takes_no_more) {
  replica.propose_error = error_code::overloaded;
  const sent one = send(batch_of({"a"}));
  ASSERT_TRUE(one.answered());
  EXPECT_EQ(one.got().error, kafka_error::not_enough_replicas);
  EXPECT_EQ(one.got().outcome, produce_outcome::definite);
}

TEST_F(produce, keeps_the_order_of_idempotent_producers) {
  const sent first = send(idempotent(5, 0, 2));
  const sent gap = send(idempotent(5, 3, 1));
  const sent second = send(idempotent(5, 2, 1));
  const sent retry = send(idempotent(5, 0, 2));
  ASSERT_TRUE(gap.answered());
  EXPECT_EQ(gap.got().error, kafka_error::out_of_order_sequence_number);
  EXPECT_FALSE(retry.answered());
  replica.commit_all();
  EXPECT_EQ(first.batch().base_offset, 0);
  EXPECT_EQ(second.batch().base_offset, 2);
  EXPECT_EQ(retry.batch().base_offset, 0);
}

TEST_F(produce, what_a_producer_queued_behind_a_withdrawn_batch_goes_with_it) {
  (void)send(batch_of({"a"}));
  (void)send(batch_of({"b"}));
  const sent first = send(idempotent(5, 0, 1));
  const sent second = send(idempotent(5, 1, 1));
  const sent other = send(idempotent(6, 0, 1));
  const sent duplicate = send(idempotent(5, 1, 1));
  replica.served().abandon(first.order);
  for (const sent* refused : {&first, &second, &duplicate}) {
    ASSERT_TRUE(refused->answered());
    EXPECT_EQ(refused->got().error, kafka_error::not_enough_replicas);
    EXPECT_EQ(refused->got().outcome, produce_outcome::definite);
  }
  replica.commit_all();
  EXPECT_EQ(other.batch().base_offset, 2);
  const sent first_again = send(idempotent(5, 0, 1));
  const sent second_again = send(idempotent(5, 1, 1));
  replica.commit_all();
  EXPECT_EQ(first_again.batch().base_offset, 3);
  EXPECT_EQ(second_again.batch().base_offset, 4);
}

TEST_F(produce, a_retry_times_out_like_what_it_repeats) {
  const sent in_log = send(idempotent(5, 0, 1));
  (void)send(batch_of({"b"}));
  const sent queued = send(idempotent(6, 0, 1));
  const sent retry_in_log = send(idempotent(5, 0, 1));
  const sent retry_queued = send(idempotent(6, 0, 1));
  replica.served().abandon(retry_in_log.order);
  replica.served().abandon(retry_queued.order);
  EXPECT_EQ(retry_in_log.got().error, kafka_error::request_timed_out);
  EXPECT_EQ(retry_queued.got().error, kafka_error::not_enough_replicas);
  replica.commit_all();
  EXPECT_EQ(in_log.batch().base_offset, 0);
  EXPECT_EQ(queued.batch().base_offset, 2);
}

TEST_F(produce, two_retries_of_what_is_under_way_get_its_offset) {
  const sent first = send(idempotent(5, 0, 2));
  const sent second = send(idempotent(5, 0, 2));
  const sent third = send(idempotent(5, 0, 2));
  replica.commit_all();
  for (const sent* one : {&first, &second, &third}) EXPECT_EQ(one->batch().base_offset, 0);
  EXPECT_EQ(replica.served().state().next_offset(), record_offset(2));
}

TEST_F(produce, idempotent_retries_get_not_leader_on_step_down) {
  const sent first = send(idempotent(5, 0, 1));
  const sent retry = send(idempotent(5, 0, 1));
  replica.lose_leadership();
  EXPECT_EQ(first.got().error, kafka_error::not_leader_or_follower);
  EXPECT_EQ(retry.got().error, kafka_error::not_leader_or_follower);
}

TEST_F(produce, state_is_the_same_after_a_restart) {
  (void)send(sequenced(1, 0, {"a"}, 7));
  (void)send(idempotent(5, 0, 2));
  replica.commit_all();
  raft::state_block block;
  block.application_state = replica.served().make_state();
  fake_replica restarted(time);
  ASSERT_TRUE(restarted.served().restore(block));
  EXPECT_EQ(restarted.served().make_state(), block.application_state);
  EXPECT_EQ(restarted.served().state().next_offset(), record_offset(3));
}

}  // namespace
}  // namespace marquee::broker
