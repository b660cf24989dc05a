#include "broker/produce_checks.h"

#include <gtest/gtest.h>

#include "kafka/record_batch_builder.h"

namespace marquee::broker {
namespace {

using kafka::kafka_error;

kafka::produce_request::partition asked(int records, int batches = 1) {
  bytes all;
  for (int b = 0; b < batches; ++b) {
    kafka::record_batch_builder builder;
    for (int i = 0; i < records; ++i)
      builder.add({.timestamp_ms = 5, .key = std::nullopt, .value = as_bytes("v"), .headers = {}});
    const bytes batch = builder.finish();
    all.insert(all.end(), batch.begin(), batch.end());
  }
  kafka::produce_request::partition part;
  part.records = kafka::byte_chain(shared_bytes::of(std::move(all)));
  return part;
}

kafka::produce_request::partition tagged(int records, std::vector<kafka::sequence_run> runs) {
  kafka::produce_request::partition part = asked(records);
  part.marquee = kafka::marquee_produce{0, {{7, std::move(runs)}}};
  return part;
}

kafka::produce_request::partition asked_compressed(kafka::compression codec, std::size_t value_size) {
  kafka::record_batch_builder builder;
  const std::string value(value_size, 'v');
  builder.add({.timestamp_ms = 5, .key = std::nullopt, .value = as_bytes(value), .headers = {}});
  builder.set_compression(codec);
  kafka::produce_request::partition part;
  part.records = kafka::byte_chain(shared_bytes::of(builder.finish()));
  return part;
}

TEST(produce_checks, take_zstd_from_version_seven_on) {
  const auto part = asked_compressed(kafka::compression::zstd, 100);
  EXPECT_EQ(check_produce(part, {}, 6).error, kafka_error::unsupported_compression_type);
  EXPECT_EQ(check_produce(part, {}, 7).error, kafka_error::none);
  EXPECT_EQ(check_produce(asked_compressed(kafka::compression::lz4, 100), {}, 3).error, kafka_error::none);
}

TEST(produce_checks, let_a_batch_grow_to_eight_times_what_the_topic_takes) {
  topic_metadata topic;
  topic.config["max.message.bytes"] = "1000";
  EXPECT_EQ(check_produce(asked_compressed(kafka::compression::zstd, 7'900), topic, 9).error,
            kafka_error::none);
  EXPECT_EQ(check_produce(asked_compressed(kafka::compression::zstd, 8'100), topic, 9).error,
            kafka_error::message_too_large);
}

TEST(produce_checks, take_one_batch_of_a_foreign_client) {
  const checked_produce checked = check_produce(asked(3), {}, 9);
  ASSERT_NE(checked.order, nullptr) << checked.message;
  ASSERT_EQ(checked.order->batches.size(), 1U);
  EXPECT_EQ(checked.order->batches[0].item.record_count, 3);
  EXPECT_FALSE(checked.order->batches[0].item.is_sequenced());
  EXPECT_EQ(check_produce(asked(3, 2), {}, 9).error, kafka_error::invalid_record);
}

TEST(produce_checks, take_several_batches_of_a_manager_if_each_is_described) {
  kafka::produce_request::partition part = asked(2, 2);
  part.marquee = kafka::marquee_produce{0, {{7, {{0, 2, 1}}}, {8, {}}}};
  const checked_produce checked = check_produce(part, {}, 9);
  ASSERT_NE(checked.order, nullptr) << checked.message;
  EXPECT_TRUE(checked.order->batches[0].item.is_sequenced());
  EXPECT_FALSE(checked.order->batches[1].item.is_sequenced());
  part.marquee->batches.pop_back();
  EXPECT_EQ(check_produce(part, {}, 9).error, kafka_error::invalid_request);
}

TEST(produce_checks, refuse_runs_that_do_not_fit_the_batch) {
  EXPECT_NE(check_produce(tagged(4, {{0, 2, 1}, {9, 2, 1}}), {}, 9).order, nullptr);
  EXPECT_EQ(check_produce(tagged(4, {{0, 2, 1}}), {}, 9).error, kafka_error::invalid_request);
  EXPECT_EQ(check_produce(tagged(4, {{5, 2, 1}, {6, 2, 1}}), {}, 9).error, kafka_error::invalid_request);
  EXPECT_EQ(check_produce(tagged(4, {{-1, 4, 1}}), {}, 9).error, kafka_error::invalid_request);
  EXPECT_EQ(check_produce(tagged(4, {{INT64_MAX - 1, 4, 1}}), {}, 9).error, kafka_error::invalid_request);
  EXPECT_EQ(check_produce(tagged(1, {{0, -1, 1}, {3, 2, 1}}), {}, 9).error, kafka_error::invalid_request);
}

TEST(produce_checks, refuse_a_batch_over_the_topics_limit) {
  topic_metadata topic;
  topic.config["max.message.bytes"] = "70";
  EXPECT_EQ(check_produce(asked(3), topic, 9).error, kafka_error::message_too_large);
}

TEST(produce_checks, refuse_no_records_at_all) {
  EXPECT_EQ(check_produce({}, {}, 9).error, kafka_error::invalid_record);
}

}  // namespace
}  // namespace marquee::broker
