#include "write_manager/produce_plan.h"

#include <gtest/gtest.h>

#include <set>

#include "kafka/batch_validation.h"
#include "kafka/partitioner.h"
#include "kafka/record_cursor.h"

namespace marquee::write_manager {
namespace {

constexpr std::int64_t now_ms = 1'700'000'000'000;

db::topic_row topic_with(std::int32_t partitions, std::map<std::string, std::string> config = {}) {
  db::topic_row topic;
  topic.topic_id.octets.fill(7);
  topic.name = "orders";
  topic.config = std::move(config);
  for (std::int32_t i = 0; i < partitions; ++i) topic.partitions.push_back({partition_id(i), {}});
  return topic;
}

produce_request request_of(std::vector<produce_message> messages) {
  return {.shape = produce_request::form::many,
          .topic = "orders",
          .producer_id = "p",
          .sequence = {},
          .messages = std::move(messages)};
}

plan_identity sequenced(std::int64_t first) {
  return {.producer_id = 42, .sequence = first, .next_turn = {}, .take_sequences = {}};
}

produce_plan plan_of(const produce_request& request, const db::topic_row& topic,
                     const plan_identity& identity) {
  return make_produce_plan(request, topic, identity, {}, now_ms);
}

TEST(produce_plan, partition_wins_over_key_and_key_over_round_robin) {
  const auto plan =
      plan_of(request_of({{.key = "a", .value = "1", .partition = 3}, {.key = "a", .value = "2"}}),
              topic_with(4), sequenced(0));
  std::set<std::int32_t> used;
  for (const auto& partition : plan.partitions) used.insert(partition.partition.value());
  EXPECT_TRUE(used.contains(3));
  EXPECT_TRUE(used.contains(kafka::partition_of_key(as_bytes("a"), 4).value()));
}

TEST(produce_plan, round_robin_follows_from_the_sequence_and_spreads_evenly) {
  std::vector<int> counts(3);
  for (std::int64_t sequence = 0; sequence < 12; ++sequence) {
    const auto first = plan_of(request_of({{.value = "x"}}), topic_with(3), sequenced(sequence));
    const auto retry = plan_of(request_of({{.value = "x"}}), topic_with(3), sequenced(sequence));
    EXPECT_EQ(first.partitions[0].partition, retry.partitions[0].partition);
    ++counts[static_cast<std::size_t>(first.partitions[0].partition.value())];
  }
  EXPECT_EQ(counts, (std::vector{4, 4, 4}));
}

TEST(produce_plan, batch_of_one_partition_is_one_run) {
  const auto plan =
      plan_of(request_of({{.value = "a"}, {.value = "b"}, {.value = "c"}}), topic_with(1), sequenced(10));
  ASSERT_EQ(plan.partitions.size(), 1U);
  ASSERT_EQ(plan.partitions[0].batches.size(), 1U);
  const planned_batch& batch = plan.partitions[0].batches[0];
  ASSERT_EQ(batch.identity.runs.size(), 1U);
  EXPECT_EQ(batch.identity.runs[0].sequence, 10);
  EXPECT_EQ(batch.identity.runs[0].count, 3);
  EXPECT_EQ(batch.identity.producer_id, 42);
}

TEST(produce_plan, message_that_cannot_be_sent_leaves_a_gap_in_the_run_and_hurts_nobody) {
  const auto plan = plan_of(request_of({{.value = "a"}, {.value = "b", .partition = 9}, {.value = "c"}}),
                            topic_with(1), sequenced(0));
  ASSERT_TRUE(plan.problems[1].has_value());
  EXPECT_EQ(plan.problems[1]->code, "INVALID_PARTITION");
  EXPECT_EQ(plan.problems[1]->status, 422);
  const planned_batch& batch = plan.partitions[0].batches[0];
  ASSERT_EQ(batch.identity.runs.size(), 2U);
  EXPECT_EQ(batch.identity.runs[1].sequence, 2);
  EXPECT_EQ(batch.messages, (std::vector<std::size_t>{0, 2}));
}

TEST(produce_plan, without_sequence_messages_are_numbered_in_each_partition) {
  std::uint64_t turn = 0;
  const plan_identity own{.producer_id = 7,
                          .sequence = {},
                          .next_turn = [&] { return turn++; },
                          .take_sequences =
                              [](partition_id partition, std::int32_t count) {
                                EXPECT_EQ(count, 2);
                                return std::int64_t{100} * (partition.value() + 1);
                              }};
  const auto plan = plan_of(request_of({{.value = "a"}, {.value = "b"}, {.value = "c"}, {.value = "d"}}),
                            topic_with(2), own);
  ASSERT_EQ(plan.partitions.size(), 2U);
  for (const auto& partition : plan.partitions) {
    ASSERT_EQ(partition.batches[0].identity.runs.size(), 1U);
    EXPECT_EQ(partition.batches[0].identity.runs[0].sequence, 100 * (partition.partition.value() + 1));
    EXPECT_EQ(partition.batches[0].identity.runs[0].count, 2);
  }
}

TEST(produce_plan, refuses_messages_over_the_limits_one_by_one) {
  const db::topic_row small = topic_with(1, {{"max.message.bytes", "112"}});
  produce_message many_headers{.value = "x"};
  many_headers.headers.assign(65, {"a", "b"});
  const auto plan = plan_of(request_of({{.value = std::string(100, 'x')},
                                        {.value = std::string(101, 'x')},
                                        {.key = std::string(64 * 1024 + 1, 'k'), .value = "x"},
                                        many_headers,
                                        {.value = "x", .headers = {{"a", std::string(4097, 'b')}}}}),
                            small, sequenced(0));
  EXPECT_FALSE(plan.problems[0].has_value());
  EXPECT_EQ(plan.problems[1]->code, "MESSAGE_TOO_LARGE");
  EXPECT_EQ(plan.problems[1]->status, 413);
  EXPECT_NE(plan.problems[1]->text.find("100"), std::string::npos);
  EXPECT_EQ(plan.problems[2]->code, "KEY_TOO_LARGE");
  EXPECT_EQ(plan.problems[3]->code, "TOO_MANY_HEADERS");
  EXPECT_EQ(plan.problems[4]->code, "HEADER_TOO_LARGE");
}

TEST(produce_plan, cuts_batches_at_the_topics_size) {
  std::vector<produce_message> messages(30, {.value = std::string(100, 'x')});
  const auto plan =
      plan_of(request_of(std::move(messages)), topic_with(1, {{"max.message.bytes", "1000"}}), sequenced(0));
  ASSERT_GT(plan.partitions[0].batches.size(), 2U);
  std::size_t places = 0;
  for (const planned_batch& batch : plan.partitions[0].batches) {
    EXPECT_LE(batch.records.size(), 1000U);
    EXPECT_EQ(batch.identity.runs[0].sequence, static_cast<std::int64_t>(places));
    places += batch.messages.size();
  }
  EXPECT_EQ(places, 30U);
}

TEST(produce_plan, batches_pass_the_brokers_checks_and_hold_what_was_sent) {
  const auto plan =
      plan_of(request_of({{.key = "k", .value = "v", .headers = {{"h", std::nullopt}}, .timestamp_ms = 5},
                          {.key = "k", .value = std::nullopt}}),
              topic_with(1), sequenced(0));
  const shared_bytes records = plan.partitions[0].batches[0].records;
  EXPECT_EQ(kafka::validate_batches(records, {}).error, kafka::kafka_error::none);
  kafka::record_cursor cursor(records);
  kafka::record_view record;
  ASSERT_TRUE(cursor.next(record));
  EXPECT_EQ(as_text(*record.key), "k");
  EXPECT_EQ(record.timestamp_ms, 5);
  EXPECT_EQ(record.headers[0].value, std::nullopt);
  ASSERT_TRUE(cursor.next(record));
  EXPECT_FALSE(record.value.has_value());
  EXPECT_EQ(record.timestamp_ms, now_ms);
}

}  // namespace
}  // namespace marquee::write_manager
