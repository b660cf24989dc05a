#include <gtest/gtest.h>

#include "all_messages.h"
#include "kafka/api/fetch.h"
#include "kafka/api/metadata.h"
#include "kafka/api/produce.h"
#include "kafka/batch_validation.h"
#include "kafka/record_cursor.h"
#include "kafka/request_header.h"

namespace marquee::kafka {
namespace {

TEST(capture, every_request_of_a_foreign_client_decodes_and_encodes_to_the_same_bytes) {
  int seen = 0;
  for (const capture& item : load_captures()) {
    if (!item.is_request) continue;
    SCOPED_TRACE(item.file);
    const shared_bytes frame = shared_bytes::copy_of(item.frame);
    wire_reader in(frame);
    const result<request_header> header = request_header::decode(in);
    ASSERT_TRUE(header) << header.error().message;
    EXPECT_EQ(header->version, item.version);
    ASSERT_TRUE(header->check());

    const message_kind* kind = find_message(item.api, true);
    ASSERT_NE(kind, nullptr);
    EXPECT_EQ(static_cast<std::int16_t>(kind->key), header->key);
    const shared_bytes body = frame.slice(frame.size() - in.remaining());
    const result<bytes> again = kind->decode_and_encode(item.version, body);
    ASSERT_TRUE(again) << again.error().message;
    EXPECT_EQ(*again, bytes(body.data(), body.data() + body.size()));

    wire_writer out;
    header->encode(out);
    const shared_bytes encoded_header = out.finish().joined();
    EXPECT_EQ(encoded_header, frame.slice(0, frame.size() - body.size()));
    ++seen;
  }
  EXPECT_GE(seen, 20);
}

TEST(capture, every_answer_that_a_foreign_client_accepted_decodes_and_encodes_to_the_same_bytes) {
  int seen = 0;
  for (const capture& item : load_captures()) {
    if (item.is_request) continue;
    SCOPED_TRACE(item.file);
    const message_kind* kind = find_message(item.api, false);
    ASSERT_NE(kind, nullptr);
    const shared_bytes frame = shared_bytes::copy_of(item.frame);
    wire_reader in(frame);
    const result<std::int32_t> correlation_id = decode_response_header(kind->key, item.version, in);
    ASSERT_TRUE(correlation_id);
    const shared_bytes body = frame.slice(frame.size() - in.remaining());
    const result<bytes> again = kind->decode_and_encode(item.version, body);
    ASSERT_TRUE(again) << again.error().message;
    EXPECT_EQ(*again, bytes(body.data(), body.data() + body.size()));
    wire_writer out;
    encode_response_header(kind->key, item.version, *correlation_id, out);
    EXPECT_EQ(out.finish().joined(), frame.slice(0, frame.size() - body.size()));
    ++seen;
  }
  EXPECT_GE(seen, 20);
}

produce_request captured_produce(const std::string& file) {
  for (const capture& item : load_captures()) {
    if (item.file != file) continue;
    wire_reader in(shared_bytes::copy_of(item.frame));
    EXPECT_TRUE(request_header::decode(in));
    result<produce_request> request = produce_request::decode(item.version, in);
    EXPECT_TRUE(request);
    return std::move(*request);
  }
  ADD_FAILURE() << "no capture " << file;
  return {};
}

TEST(capture, records_of_kcat_are_read_as_they_were_typed) {
  const produce_request request = captured_produce("kcat-produce-v7.request.hex");
  ASSERT_EQ(request.topics.size(), 1U);
  EXPECT_EQ(request.topics[0].name, "orders");
  const shared_bytes records = request.topics[0].partitions[0].records->joined();
  const batch_verdict verdict = validate_batches(records, {});
  ASSERT_EQ(verdict.error, kafka_error::none) << verdict.message;
  ASSERT_EQ(verdict.batches.size(), 1U);
  EXPECT_EQ(verdict.batches[0].header.producer_id, 4000);
  EXPECT_EQ(verdict.batches[0].max_timestamp_ms, verdict.batches[0].header.max_timestamp);
  record_cursor cursor(verdict.batches[0].data);
  record_view record;
  ASSERT_TRUE(cursor.next(record));
  EXPECT_EQ(as_text(*record.key), "k1");
  EXPECT_EQ(as_text(*record.value), "first");
  ASSERT_EQ(record.headers.size(), 1U);
  EXPECT_EQ(record.headers[0].name, "colour");
  EXPECT_EQ(as_text(*record.headers[0].value), "red");
  ASSERT_TRUE(cursor.next(record));
  EXPECT_EQ(as_text(*record.value), "second");
}

TEST(capture, null_values_and_null_headers_of_librdkafka_stay_null) {
  const produce_request request = captured_produce("librdkafka-2.16-produce-v10.request.hex");
  const shared_bytes records = request.topics[0].partitions[0].records->joined();
  ASSERT_EQ(validate_batches(records, {}).error, kafka_error::none);
  record_cursor cursor(records);
  record_view record;
  ASSERT_TRUE(cursor.next(record));
  ASSERT_EQ(record.headers.size(), 2U);
  EXPECT_FALSE(record.headers[1].value.has_value());
  ASSERT_TRUE(cursor.next(record));
  EXPECT_FALSE(record.key.has_value());
  EXPECT_FALSE(record.value.has_value());
  EXPECT_FALSE(cursor.next(record));
  EXPECT_FALSE(cursor.failed());
}

TEST(capture, record_data_is_a_window_on_the_received_frame) {
  for (const capture& item : load_captures()) {
    if (item.file != "librdkafka-2.16-produce-v10.request.hex") continue;
    const shared_bytes frame = shared_bytes::copy_of(item.frame);
    wire_reader in(frame);
    ASSERT_TRUE(request_header::decode(in));
    const result<produce_request> request = produce_request::decode(item.version, in);
    ASSERT_TRUE(request);
    const shared_bytes window = request->topics[0].partitions[0].records->parts.front();
    EXPECT_GE(window.data(), frame.data());
    EXPECT_LE(window.data() + window.size(), frame.data() + frame.size());
  }
}

}  // namespace
}  // namespace marquee::kafka
