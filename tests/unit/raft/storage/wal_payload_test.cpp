#include "raft/storage/wal_payload.h"

#include <gtest/gtest.h>

#include "tests/unit/raft/storage/store_under_test.h"

namespace marquee::raft {
namespace {

group_facts sample() {
  group_facts facts;
  facts.hard = {term_number(12), replica_number(2)};
  facts.bootstrap = three_voters();
  facts.segments = {log_index(100), 8192, log_index(150), term_number(11), record_offset(900), 0xabcdef01};
  facts.log_start = {record_offset(17), log_index(12)};
  facts.commit_mark = log_index(149);
  facts.damage = "something is wrong";
  return facts;
}

TEST(wal_payload, group_facts_come_back_as_they_were_written) {
  const auto decoded = decode_group_facts(encode_group_facts(sample()));
  ASSERT_TRUE(decoded) << decoded.error().message;
  EXPECT_EQ(*decoded, sample());
}

TEST(wal_payload, group_facts_cut_off_anywhere_or_too_long_are_refused) {
  bytes data = encode_group_facts(sample());
  for (std::size_t size = 0; size < data.size(); ++size)
    if (size != data.size() - 8) EXPECT_FALSE(decode_group_facts(bytes_view(data).first(size))) << size;
  data.push_back(0);
  EXPECT_FALSE(decode_group_facts(data));
}

TEST(wal_payload, group_facts_from_before_retention_keep_the_whole_log) {
  const bytes data = encode_group_facts(sample());
  const auto facts = decode_group_facts(bytes_view(data).first(data.size() - 8));
  ASSERT_TRUE(facts);
  EXPECT_EQ(facts->log_start, (log_start_mark{record_offset(17), log_index(1)}));
}

TEST(wal_payload, hard_state_keeps_term_and_incarnation_voted_for_together) {
  const hard_state voted{term_number(5), replica_number(3)};
  EXPECT_EQ(*decode_hard_state(encode_hard_state(voted)), voted);
  const hard_state not_voted{term_number(6), std::nullopt};
  EXPECT_EQ(*decode_hard_state(encode_hard_state(not_voted)), not_voted);
  EXPECT_FALSE(decode_hard_state(bytes(3)));
}

TEST(wal_payload, pointer_session_and_numbers_come_back) {
  const auto pointer = decode_entry_pointer(encode_entry_pointer({log_index(7), 4096, 300, 42}));
  ASSERT_TRUE(pointer);
  EXPECT_EQ(pointer->base_index, log_index(7));
  EXPECT_EQ(pointer->file_position, 4096U);
  EXPECT_EQ(pointer->encoded_bytes, 300U);
  EXPECT_EQ(pointer->entry_checksum, 42U);
  const auto session = decode_session(encode_session({"boot"}));
  ASSERT_TRUE(session);
  EXPECT_EQ(session->kernel_boot_id, "boot");
  EXPECT_EQ(*decode_number(encode_number(-3)), -3);
  EXPECT_FALSE(decode_number(bytes(7)));
}

TEST(wal_payload, relaxed_mark_comes_back_and_an_unknown_state_is_refused) {
  const relaxed_mark mark{relaxed_state::in_doubt, 3};
  EXPECT_EQ(*decode_relaxed_mark(encode_relaxed_mark(mark)), mark);
  EXPECT_EQ(decode_relaxed_mark(bytes(8)).error().code, error_code::corrupt);
  bytes newer = encode_relaxed_mark(mark);
  newer[0] = 3;
  EXPECT_EQ(decode_relaxed_mark(newer).error().code, error_code::unsupported);
}

}  // namespace
}  // namespace marquee::raft
