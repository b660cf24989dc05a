#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "fake_replica.h"
#include "kafka/record_batch_builder.h"
#include "kafka/record_cursor.h"

namespace marquee::broker {

/// One partition that leads, over a fake replica.
class partition_test : public ::testing::Test {
 protected:
  using answer_slot = std::shared_ptr<std::optional<produce_answer>>;
  struct sent {
    std::shared_ptr<produce_order> order;
    answer_slot answer;
    [[nodiscard]] bool answered() const { return answer->has_value(); }
    [[nodiscard]] const produce_answer& got() const { return answer->value(); }
    [[nodiscard]] const kafka::marquee_batch_result& batch() const { return got().batches.at(0); }
  };

  partition_test() { replica.lead(); }

  static incoming_batch batch_of(const std::vector<std::string>& values, std::int64_t timestamp_ms = 1000) {
    kafka::record_batch_builder builder;
    for (const std::string& value : values)
      builder.add(
          {.timestamp_ms = timestamp_ms, .key = std::nullopt, .value = as_bytes(value), .headers = {}});
    incoming_batch batch;
    batch.data = shared_bytes::of(builder.finish());
    batch.item.record_count = static_cast<std::int32_t>(values.size());
    batch.item.max_timestamp_ms = timestamp_ms;
    return batch;
  }
  static incoming_batch compressed(kafka::compression codec, const std::vector<std::string>& values,
                                   std::int64_t timestamp_ms = 1000) {
    kafka::record_batch_builder builder;
    for (const std::string& value : values)
      builder.add(
          {.timestamp_ms = timestamp_ms++, .key = std::nullopt, .value = as_bytes(value), .headers = {}});
    builder.set_compression(codec);
    incoming_batch batch;
    batch.data = shared_bytes::of(builder.finish());
    batch.item.record_count = static_cast<std::int32_t>(values.size());
    batch.item.max_timestamp_ms = timestamp_ms - 1;
    return batch;
  }
  static incoming_batch sequenced(std::int64_t producer, std::int64_t sequence,
                                  const std::vector<std::string>& values, std::int64_t hash) {
    incoming_batch batch = batch_of(values);
    batch.item.producer_id = producer;
    batch.item.runs = {{sequence, static_cast<std::int32_t>(values.size()), hash}};
    return batch;
  }
  static incoming_batch idempotent(std::int64_t producer, std::int32_t sequence, std::size_t count) {
    incoming_batch batch = batch_of(std::vector<std::string>(count, "v"));
    batch.item.producer_id = producer;
    batch.item.producer_epoch = 0;
    batch.item.base_sequence = sequence;
    return batch;
  }

  sent send(std::vector<incoming_batch> batches, timestamp_kind timestamps = timestamp_kind::create) {
    const auto order = std::make_shared<produce_order>();
    const auto slot = std::make_shared<std::optional<produce_answer>>();
    order->batches = std::move(batches);
    order->timestamps = timestamps;
    order->done = [slot](produce_answer answer) {
      ASSERT_FALSE(slot->has_value()) << "answered twice";
      *slot = std::move(answer);
    };
    replica.served().produce(order);
    return {order, slot};
  }
  sent send(const incoming_batch& batch) { return send(std::vector<incoming_batch>{batch}); }

  /// Values of all records from `from` to the high watermark.
  std::vector<std::string> read_values(std::int64_t from) {
    const fetch_answer fetched = replica.served().fetch(
        {.from = record_offset(from), .max_bytes = 1 << 20, .at_least_one_batch = true});
    EXPECT_EQ(fetched.error, kafka::kafka_error::none);
    std::vector<std::string> values;
    const shared_bytes all = fetched.records.joined();
    for (std::size_t at = 0; at < all.size();) {
      const auto header = kafka::read_batch_header(all.view().subspan(at));
      kafka::record_cursor cursor(all.view().subspan(at, header->total_size()));
      kafka::record_view record;
      while (cursor.next(record)) values.emplace_back(as_text(record.value.value_or(bytes_view{})));
      EXPECT_FALSE(cursor.failed());
      at += header->total_size();
    }
    return values;
  }

  simulated_clock time;
  fake_replica replica{time};
};

}  // namespace marquee::broker
