#include "broker/position_table.h"

#include <gtest/gtest.h>

namespace marquee::broker {
namespace {

using kafka::kafka_error;
using command_kind = position_command_kind;

const uuid topic = *uuid::parse("11111111-2222-4333-8444-555555555555");

position_command registration() {
  return {.kind = command_kind::register_consumer,
          .consumer = "c-1",
          .topic_id = topic,
          .partitions_seen = 2,
          .positions = {{0, 5}}};
}
position_command claim(std::string owner, std::int32_t expected) {
  return {
      .kind = command_kind::claim, .consumer = "c-1", .owner = std::move(owner), .expected_epoch = expected};
}
position_command commit(std::int32_t expected, std::map<std::int32_t, std::int64_t> positions) {
  return {.consumer = "c-1", .expected_epoch = expected, .positions = std::move(positions)};
}
position_command deletion() {
  return {.kind = command_kind::delete_consumer, .consumer = "c-1"};
}

TEST(position_table, refuses_commands_for_an_unknown_consumer) {
  position_table table;
  EXPECT_EQ(table.apply(claim("a:1", 0)).error, kafka_error::unknown_member_id);
  EXPECT_EQ(table.apply(commit(0, {{0, 1}})).error, kafka_error::unknown_member_id);
  EXPECT_EQ(table.apply(deletion()).error, kafka_error::unknown_member_id);
}

TEST(position_table, registers_a_consumer_that_nobody_owns) {
  position_table table;
  EXPECT_EQ(table.apply(registration()), (position_result{kafka_error::none, 0, ""}));
  ASSERT_NE(table.find("c-1"), nullptr);
  EXPECT_EQ(table.find("c-1")->positions.at(0), 5);
  EXPECT_EQ(table.apply(registration()).error, kafka_error::none);
}

TEST(position_table, gives_ownership_to_who_knows_the_epoch) {
  position_table table;
  (void)table.apply(registration());
  EXPECT_EQ(table.apply(claim("a:1", 0)), (position_result{kafka_error::none, 1, "a:1"}));
  EXPECT_EQ(table.apply(claim("b:1", 0)), (position_result{kafka_error::illegal_generation, 1, "a:1"}));
  EXPECT_EQ(table.apply(claim("b:1", 1)), (position_result{kafka_error::none, 2, "b:1"}));
}

TEST(position_table, answers_a_repeated_claim_as_before) {
  position_table table;
  (void)table.apply(registration());
  (void)table.apply(claim("a:1", 0));
  EXPECT_EQ(table.apply(claim("a:1", 0)), (position_result{kafka_error::none, 1, "a:1"}));
}

TEST(position_table, refuses_positions_of_a_former_owner) {
  position_table table;
  (void)table.apply(registration());
  (void)table.apply(claim("a:1", 0));
  (void)table.apply(claim("b:1", 1));
  EXPECT_EQ(table.apply(commit(1, {{0, 9}})), (position_result{kafka_error::illegal_generation, 2, "b:1"}));
  EXPECT_EQ(table.find("c-1")->positions.at(0), 5);
  EXPECT_EQ(table.apply(commit(2, {{1, 7}})).error, kafka_error::none);
  EXPECT_EQ(table.find("c-1")->positions, (std::map<std::int32_t, std::int64_t>{{0, 5}, {1, 7}}));
}

TEST(position_table, remembers_that_a_consumer_was_deleted) {
  position_table table;
  (void)table.apply(registration());
  EXPECT_EQ(table.apply(deletion()).error, kafka_error::none);
  EXPECT_TRUE(table.was_deleted("c-1"));
  EXPECT_EQ(table.apply(deletion()).error, kafka_error::none);
  EXPECT_EQ(table.apply(registration()).error, kafka_error::unknown_member_id);
  EXPECT_EQ(table.apply(claim("a:1", 0)).error, kafka_error::unknown_member_id);
}

TEST(position_table, reads_back_what_it_wrote) {
  position_table table;
  (void)table.apply(registration());
  (void)table.apply(claim("a:1", 0));
  position_command other = registration();
  other.consumer = "c-2";
  (void)table.apply(other);
  other.kind = command_kind::delete_consumer;
  (void)table.apply(other);
  bytes data;
  byte_writer out(data);
  table.encode(out);
  position_table copy;
  byte_reader in(data);
  ASSERT_TRUE(copy.decode(in));
  EXPECT_EQ(*copy.find("c-1"), *table.find("c-1"));
  EXPECT_TRUE(copy.was_deleted("c-2"));
}

TEST(position_command, travels_as_a_record_batch) {
  const std::vector<position_command> commands = {registration(), claim("host:1", 3),
                                                  commit(4, {{0, 1}, {7, 9}})};
  const auto read = read_command_batch(build_command_batch(commands, 1'700'000'000'000));
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(*read, commands);
}

TEST(position_command, refuses_bytes_that_are_none) {
  const bytes value = encode_position_command(commit(4, {{0, 1}, {7, 9}}));
  for (std::size_t size = 0; size < value.size(); ++size)
    EXPECT_FALSE(decode_position_command("c", bytes_view(value).first(size)));
}

}  // namespace
}  // namespace marquee::broker
