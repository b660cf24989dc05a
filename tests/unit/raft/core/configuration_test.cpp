#include "raft/core/configuration.h"

#include <gtest/gtest.h>

namespace marquee::raft {
namespace {

replica_id replica(int broker, int incarnation = 1) {
  return {broker_id(broker), incarnation_id(incarnation)};
}

configuration sample() {
  return {{replica(1), replica(2), replica(3)}, {replica(1), replica(4, 9)}, {replica(5)}};
}

TEST(configuration, reads_back_what_it_wrote) {
  for (const configuration& value : {sample(), configuration{}}) {
    const auto back = decode_configuration(encode_configuration(value));
    ASSERT_TRUE(back) << back.error().message;
    EXPECT_EQ(*back, value);
  }
}

TEST(configuration, refuses_every_cut) {
  const bytes data = encode_configuration(sample());
  for (std::size_t size = 0; size < data.size(); ++size) {
    const auto back = decode_configuration(bytes_view(data).first(size));
    ASSERT_FALSE(back) << "cut after " << size;
    EXPECT_EQ(back.error().code, error_code::corrupt);
  }
}

TEST(configuration, refuses_trailing_bytes_a_newer_version_and_a_huge_count) {
  bytes longer = encode_configuration(sample());
  longer.push_back(0);
  EXPECT_EQ(decode_configuration(longer).error().code, error_code::corrupt);
  bytes newer = encode_configuration(sample());
  newer[0] = 2;
  EXPECT_EQ(decode_configuration(newer).error().code, error_code::unsupported);
  bytes huge = encode_configuration(sample());
  huge[1] = 0xff;
  EXPECT_EQ(decode_configuration(huge).error().code, error_code::corrupt);
}

TEST(configuration, refuses_a_replica_that_is_listed_twice) {
  const configuration twice{{replica(1), replica(1)}, {}, {}};
  EXPECT_EQ(decode_configuration(encode_configuration(twice)).error().code, error_code::corrupt);
}

TEST(configuration, names_each_member_once_in_order) {
  const std::vector<replica_id> wanted{replica(1), replica(2), replica(3), replica(4, 9), replica(5)};
  EXPECT_EQ(sample().members(), wanted);
}

// Pitfall 41: a wiped disk is another incarnation and not a voter.
TEST(configuration, does_not_take_another_incarnation_for_a_voter) {
  EXPECT_TRUE(sample().is_voter(replica(4, 9)));
  EXPECT_FALSE(sample().is_voter(replica(4, 10)));
  EXPECT_FALSE(sample().is_voter(replica(5)));
  EXPECT_TRUE(sample().is_member(replica(5)));
}

}  // namespace
}  // namespace marquee::raft
