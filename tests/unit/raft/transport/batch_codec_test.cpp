#include "raft/transport/batch_codec.h"

#include <gtest/gtest.h>

#include "tests/unit/raft/transport/transport_fixture.h"

namespace marquee::raft {
namespace {
using namespace testing;

shared_bytes flatten(const std::vector<shared_bytes>& parts) {
  bytes all;
  for (const shared_bytes& part : parts) all.insert(all.end(), part.view().begin(), part.view().end());
  return shared_bytes::of(std::move(all));
}

TEST(batch, messages_of_several_groups_survive_encoding) {
  std::vector<group_message> sent{append_between(1, 2, 5, 1000), heartbeat_between(1, 2, 77)};
  sent[1].group = group_of(9);
  const shared_bytes payload = flatten(encode_messages(sent));
  EXPECT_EQ(payload.size(), encoded_bytes(sent[0]) + encoded_bytes(sent[1]));
  const auto read = decode_messages(payload);
  ASSERT_TRUE(read.has_value());
  ASSERT_EQ(read->size(), 2u);
  EXPECT_EQ((*read)[0].value.entries.at(0).payload_bytes(), 1000u);
  EXPECT_TRUE(verify_entry((*read)[0].value.entries.at(0)));
  EXPECT_EQ((*read)[1].group, group_of(9));
  EXPECT_EQ((*read)[1].value.context, 77u);
}

TEST(batch, any_order_of_messages_with_and_without_entries_survives) {
  const std::vector<group_message> sent{heartbeat_between(1, 2, 1),  append_between(1, 2, 5, 1000),
                                        append_between(1, 2, 6, 10), heartbeat_between(1, 2, 2),
                                        heartbeat_between(1, 2, 3),  append_between(1, 2, 7, 2000)};
  const auto read = decode_messages(flatten(encode_messages(sent)));
  ASSERT_TRUE(read.has_value());
  ASSERT_EQ(read->size(), sent.size());
  for (std::size_t i = 0; i < sent.size(); ++i) {
    EXPECT_EQ((*read)[i].value.type, sent[i].value.type) << i;
    EXPECT_EQ((*read)[i].value.context, sent[i].value.context) << i;
    EXPECT_EQ((*read)[i].value.index, sent[i].value.index) << i;
    ASSERT_EQ((*read)[i].value.entries.size(), sent[i].value.entries.size()) << i;
    for (const entry& each : (*read)[i].value.entries) EXPECT_TRUE(verify_entry(each)) << i;
  }
}

TEST(batch, heartbeats_of_many_groups_are_one_window) {
  const std::vector<group_message> sent(500, heartbeat_between(1, 2));
  EXPECT_EQ(encode_messages(sent).size(), 1u);
  EXPECT_TRUE(encode_messages({}).empty());
}

TEST(batch, large_payload_is_not_copied_when_encoding) {
  const group_message sent = append_between(1, 2, 1, 100'000);
  const std::uint8_t* original = sent.value.entries[0].payload[0].data();
  bool found = false;
  for (const shared_bytes& part : encode_messages({sent})) found |= part.data() == original;
  EXPECT_TRUE(found);
}

TEST(batch, small_entry_does_not_keep_a_large_frame_alive) {
  const shared_bytes payload =
      flatten(encode_messages({append_between(1, 2, 1, 100), append_between(1, 2, 2, 100'000)}));
  const auto read = decode_messages(payload);
  ASSERT_TRUE(read.has_value());
  const auto within_frame = [&](const shared_bytes& part) {
    return part.data() >= payload.data() && part.data() < payload.data() + payload.size();
  };
  EXPECT_FALSE(within_frame(read->at(0).value.entries[0].payload[0]));
  EXPECT_FALSE(within_frame(read->at(0).value.entries[0].head));
  EXPECT_TRUE(verify_entry(read->at(0).value.entries[0]));
  EXPECT_TRUE(within_frame(read->at(1).value.entries[0].payload[0]));
}

TEST(batch, cut_anywhere_is_an_error) {
  const shared_bytes whole = flatten(encode_messages({append_between(1, 2, 1, 50), heartbeat_between(1, 2)}));
  const std::size_t boundary = encoded_bytes(append_between(1, 2, 1, 50));
  for (std::size_t size = 1; size < whole.size(); ++size) {
    if (size == boundary) continue;
    EXPECT_FALSE(decode_messages(whole.slice(0, size)).has_value()) << size;
  }
}

TEST(batch, leaders_survive_encoding_and_a_false_count_is_an_error) {
  const std::vector<group_leader> sent{{group_of(1), term_number(4), replica_of(2)},
                                       {group_of(2), term_number(5), replica_of(3)}};
  bytes data = encode_leaders(sent);
  const auto read = decode_leaders(data);
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(*read, sent);
  data[0] = 0xff;
  EXPECT_FALSE(decode_leaders(data).has_value());
}

}  // namespace
}  // namespace marquee::raft
