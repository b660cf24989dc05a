#include <gtest/gtest.h>

#include "kafka/api/api_versions.h"
#include "kafka/api/fetch.h"
#include "kafka/api/metadata.h"
#include "kafka/api/offset_commit.h"
#include "kafka/api/offset_fetch.h"
#include "kafka/api/produce.h"
#include "kafka/request_header.h"

namespace marquee::kafka {
namespace {

template <class Message>
Message there_and_back(const Message& message, std::int16_t version) {
  wire_writer out;
  message.encode(version, out);
  wire_reader in(out.finish().joined());
  result<Message> again = Message::decode(version, in);
  EXPECT_TRUE(again) << again.error().message;
  EXPECT_EQ(in.remaining(), 0U);
  return std::move(*again);
}

struct with_tag {
  std::optional<std::int32_t> seven;
};

TEST(wire, unknown_tagged_fields_are_skipped) {
  bytes raw;
  byte_writer out(raw);
  out.put_uvarint(3);
  for (const std::uint32_t tag : {3U, 7U, 9999U}) {
    out.put_uvarint(tag);
    out.put_uvarint(4);
    out.put<std::int32_t>(static_cast<std::int32_t>(tag * 10));
  }
  wire_reader in(shared_bytes::of(std::move(raw)), wire_form::flexible);
  with_tag target;
  in.end_struct(tagged(7, target.seven, [](auto& io, auto& value) { io.value(value); }));
  EXPECT_FALSE(in.failed());
  EXPECT_EQ(target.seven, 70);
}

TEST(wire, tagged_fields_out_of_order_or_twice_are_refused) {
  for (const std::uint8_t second : {1, 2}) {
    wire_reader in(shared_bytes::of(bytes{2, 2, 0, second, 0}), wire_form::flexible);
    in.end_struct();
    EXPECT_TRUE(in.failed());
  }
}

TEST(wire, a_tagged_field_that_is_longer_than_its_known_part_is_read) {
  bytes raw = {1, 7, 6, 0, 0, 0, 5, 1, 2};
  wire_reader in(shared_bytes::of(std::move(raw)), wire_form::flexible);
  with_tag target;
  in.end_struct(tagged(7, target.seven, [](auto& io, auto& value) { io.value(value); }));
  EXPECT_FALSE(in.failed());
  EXPECT_EQ(target.seven, 5);
}

TEST(wire, a_tagged_field_that_is_cut_fails_the_message) {
  wire_reader in(shared_bytes::of(bytes{1, 7, 2, 0, 0}), wire_form::flexible);
  with_tag target;
  in.end_struct(tagged(7, target.seven, [](auto& io, auto& value) { io.value(value); }));
  EXPECT_TRUE(in.failed());
}

TEST(wire, null_is_refused_where_it_is_not_legal) {
  wire_reader in(shared_bytes::of(bytes{0xff, 0xff}));
  std::string text;
  in.text(text);
  EXPECT_TRUE(in.failed());
}

TEST(wire, large_record_data_is_sent_without_copying) {
  const shared_bytes records = shared_bytes::of(bytes(100'000, 7));
  fetch_response answer;
  answer.topics.push_back({"t", {{}}});
  answer.topics[0].partitions[0].records = records;
  const wire_message message = response_frame(answer, 12, 5);
  ASSERT_EQ(message.parts.size(), 3U);
  EXPECT_EQ(message.parts[1].data(), records.data());
  byte_reader prefix(message.parts[0]);
  EXPECT_EQ(static_cast<std::size_t>(prefix.get<std::int32_t>()) + 4, message.size());
}

TEST(wire, small_record_data_joins_its_neighbours) {
  fetch_response answer;
  answer.topics.push_back({"t", {{}}});
  answer.topics[0].partitions[0].records = shared_bytes::of(bytes(100, 7));
  EXPECT_EQ(response_frame(answer, 12, 5).parts.size(), 1U);
}

TEST(wire, stray_bytes_after_a_request_are_ignored) {
  metadata_request request;
  wire_writer out;
  request.encode(12, out);
  shared_bytes sent = out.finish().joined();
  bytes longer(sent.data(), sent.data() + sent.size());
  longer.insert(longer.end(), {0, 0, 0});
  wire_reader in(shared_bytes::of(std::move(longer)));
  const result<metadata_request> read = metadata_request::decode(12, in);
  ASSERT_TRUE(read);
  EXPECT_TRUE(read->asks_for_all(12));
}

TEST(request_header, refuses_unknown_apis_and_versions_but_reads_any_api_versions) {
  const auto header_of = [](std::int16_t key, std::int16_t version) {
    bytes raw;
    byte_writer out(raw);
    out.put(key);
    out.put(version);
    out.put<std::int32_t>(77);
    out.put<std::int16_t>(-1);
    out.put<std::uint8_t>(0);
    wire_reader in(shared_bytes::of(std::move(raw)));
    return request_header::decode(in);
  };
  EXPECT_FALSE(header_of(71, 0));
  EXPECT_FALSE(header_of(0, 2)->check());
  EXPECT_FALSE(header_of(1, 18)->check());
  EXPECT_FALSE(header_of(0, -1)->check());
  EXPECT_TRUE(header_of(0, 3)->check());
  EXPECT_TRUE(header_of(18, 99)->check());
  EXPECT_EQ(header_of(18, 99)->correlation_id, 77);
}

TEST(request_header, client_ids_of_every_kind_are_read) {
  for (const std::optional<std::string>& id :
       {std::optional<std::string>(), std::optional<std::string>(""),
        std::optional<std::string>(std::string(32767, 'x')), std::optional<std::string>("\xc3\xa4")}) {
    wire_writer out;
    request_header{3, 12, 1, id}.encode(out);
    wire_reader in(out.finish().joined());
    const result<request_header> read = request_header::decode(in);
    ASSERT_TRUE(read);
    EXPECT_EQ(read->client_id, id);
  }
}

TEST(api_versions, advertises_what_librdkafka_looks_for_and_hides_what_only_managers_use) {
  const api_versions_response answer = api_versions_response::for_version(3);
  EXPECT_EQ(answer.error, kafka_error::none);
  bool produce = false;
  for (const auto& api : answer.apis) {
    EXPECT_NE(api.key, static_cast<std::int16_t>(api_key::offset_commit));
    EXPECT_NE(api.key, static_cast<std::int16_t>(api_key::offset_fetch));
    if (api.key == 0) produce = api.min == 0 && api.max == 11;
  }
  EXPECT_TRUE(produce);
}

TEST(api_versions, a_version_that_is_too_high_is_answered_in_the_oldest_form) {
  const api_versions_response answer = api_versions_response::for_version(5);
  EXPECT_EQ(answer.error, kafka_error::unsupported_version);
  EXPECT_EQ(api_versions_response::answer_version(5), 0);
  const wire_message message = response_frame(answer, api_versions_response::answer_version(5), 9);
  const bytes expected = {0, 0, 0, 16, 0, 0, 0, 9, 0, 35, 0, 0, 0, 1, 0, 18, 0, 0, 0, 4};
  EXPECT_EQ(message.joined().view().size(), expected.size());
  EXPECT_EQ(message.joined(), shared_bytes::copy_of(expected));
}

TEST(produce, carries_the_identity_of_each_batch_from_our_managers) {
  produce_request request;
  request.timeout_ms = 10'000;
  produce_request::partition partition;
  partition.index = 4;
  partition.records = byte_chain(shared_bytes::of(std::string("records")));
  partition.marquee = marquee_produce{3, {{17, {{100, 2, -5}, {200, 1, 6}}}, {18, {}}}};
  request.topics.push_back({"orders", {partition}});
  const produce_request read = there_and_back(request, 11);
  const auto& got = read.topics.at(0).partitions.at(0);
  ASSERT_TRUE(got.marquee);
  EXPECT_EQ(got.marquee->routing_epoch, 3);
  EXPECT_EQ(got.marquee->batches, partition.marquee->batches);
}

TEST(produce, tells_our_managers_what_became_of_each_batch) {
  produce_response answer;
  produce_response::partition partition;
  partition.marquee = marquee_produce_result{
      {{7, 1000, marquee_batch_result::copy::mixed, {7, 3}, {-1, 500}, kafka_error::none, std::nullopt},
       {-1, -1, marquee_batch_result::copy::stored, {}, {}, kafka_error::invalid_record, "no"}},
      marquee_produce_result::outcome_kind::unknown,
      10,
      20,
      30};
  partition.current_leader = leader_hint{2, 9};
  answer.topics.push_back({"orders", {partition}});
  const produce_response read = there_and_back(answer, 10);
  const auto& got = read.topics.at(0).partitions.at(0);
  ASSERT_TRUE(got.marquee && got.current_leader);
  EXPECT_EQ(got.current_leader->leader_id, 2);
  EXPECT_EQ(got.marquee->batches.at(0).offsets, (std::vector<std::int64_t>{7, 3}));
  EXPECT_EQ(got.marquee->batches.at(0).timestamps_ms, (std::vector<std::int64_t>{-1, 500}));
  EXPECT_EQ(got.marquee->batches.at(1).message, "no");
  EXPECT_EQ(got.marquee->outcome, marquee_produce_result::outcome_kind::unknown);
  EXPECT_EQ(got.marquee->commit_us, 30);
}

TEST(produce, leader_hints_are_left_out_where_the_version_has_none) {
  produce_response answer;
  produce_response::partition partition;
  partition.current_leader = leader_hint{2, 9};
  answer.topics.push_back({"orders", {partition}});
  EXPECT_FALSE(there_and_back(answer, 9).topics.at(0).partitions.at(0).current_leader);
}

TEST(offset_commit, carries_claims_and_their_outcome) {
  offset_commit_request request;
  request.group_id = "c-1";
  request.marquee = marquee_claim{"127.0.0.1:8201", 4, marquee_claim::command_kind::claim, uuid::random(), 6};
  const auto read = there_and_back(request, 9);
  ASSERT_TRUE(read.marquee);
  EXPECT_EQ(read.marquee->owner, "127.0.0.1:8201");
  EXPECT_EQ(read.marquee->command, marquee_claim::command_kind::claim);
  EXPECT_EQ(read.marquee->topic_id, request.marquee->topic_id);
  offset_commit_response answer;
  answer.marquee = marquee_claim_result{5, "127.0.0.1:8202", kafka_error::illegal_generation};
  const auto got = there_and_back(answer, 8);
  EXPECT_EQ(got.marquee->epoch, 5);
  EXPECT_EQ(got.marquee->error, kafka_error::illegal_generation);
}

TEST(offset_fetch, tells_who_owns_a_consumer) {
  offset_fetch_response answer;
  offset_fetch_response::group group;
  group.group_id = "c-1";
  group.marquee = marquee_ownership{3, "h:1", marquee_ownership::state_kind::deleted, uuid::random()};
  answer.groups.push_back(group);
  const auto got = there_and_back(answer, 9).groups.at(0);
  EXPECT_EQ(got.marquee->state, marquee_ownership::state_kind::deleted);
  EXPECT_EQ(got.marquee->topic_id, group.marquee->topic_id);
}

TEST(fetch, records_are_empty_and_never_null_unless_asked_for) {
  fetch_response answer;
  answer.topics.push_back({"t", {{}}});
  const auto got = there_and_back(answer, 11).topics.at(0).partitions.at(0);
  ASSERT_TRUE(got.records);
  EXPECT_TRUE(got.records->empty());
}

TEST(metadata, all_topics_are_asked_for_differently_in_version_zero) {
  metadata_request request;
  request.topics.emplace();
  EXPECT_TRUE(there_and_back(request, 0).asks_for_all(0));
  EXPECT_FALSE(there_and_back(request, 1).asks_for_all(1));
  request.topics.reset();
  EXPECT_TRUE(there_and_back(request, 1).asks_for_all(1));
}

}  // namespace
}  // namespace marquee::kafka
