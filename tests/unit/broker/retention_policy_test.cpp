#include "broker/retention_policy.h"

#include <gtest/gtest.h>

#include <limits>

namespace marquee::broker {
namespace {

constexpr std::int64_t now_ms = 1'000'000;
constexpr log_index everything{1'000'000};

/// Segments of ten entries with two records each and 100 bytes; the last one of each was appended at
/// `last_times`; the newest segment is the one that is appended to.
std::vector<raft::segment_summary> segments_of(const std::vector<std::int64_t>& last_times) {
  std::vector<raft::segment_summary> made;
  std::int64_t next = 0;
  for (const std::int64_t last_time : last_times) {
    made.push_back({.base_index = log_index(next + 1),
                    .last_index = log_index(next + 10),
                    .base_offset = record_offset(2 * next),
                    .next_offset = record_offset(2 * next + 20),
                    .first_time_ms = last_time - 5,
                    .last_time_ms = last_time,
                    .bytes = 100});
    next += 10;
  }
  return made;
}

struct policy_case {
  const char* what;
  retention_rules rules;
  std::vector<std::int64_t> last_times;
  std::int64_t log_start = 0;
  std::int64_t held_by_all = everything.value();
  std::optional<std::int64_t> wanted_index{};  ///< of the mark
  bool held_back = false;
};

TEST(retention_policy, table_of_cases) {
  const policy_case cases[] = {
      {"no limits keep everything", {-1, -1}, {1, 2, 3}},
      {"nothing has expired", {1000, -1}, {now_ms - 1000, now_ms - 900, now_ms}},
      {"what has expired goes", {1000, -1}, {now_ms - 1002, now_ms - 1001, now_ms}, 0, 1000, 21},
      {"one that has not keeps those behind it", {1000, -1}, {1, now_ms, 1, 1}, 0, 1000, 11},
      {"the active segment stays whatever its age", {1000, -1}, {1, 1}, 0, 1000, 11},
      {"a log of one segment stays", {0, 0}, {1}},
      {"for ever is not zero", {0, -1}, {now_ms - 1, now_ms}, 0, 1000, 11},
      {"a log within its size stays", {-1, 301}, {1, 2, 3, 4}},
      {"a log keeps at least its size", {-1, 300}, {1, 2, 3, 4}, 0, 1000, 11},
      {"as many go as are too much", {-1, 150}, {1, 2, 3, 4}, 0, 1000, 21},
      {"size zero keeps the active one only", {-1, 0}, {1, 2, 3, 4}, 0, 1000, 31},
      {"time and size together: whichever wants more", {1000, 250}, {1, 2, 3, now_ms}, 0, 1000, 31},
      {"a slow voter holds all back", {-1, 0}, {1, 2, 3, 4}, 0, 9, std::nullopt, true},
      {"a slow voter holds the rest back", {-1, 0}, {1, 2, 3, 4}, 0, 25, 21, true},
      {"a voter that is slow beyond what goes does not matter", {-1, 250}, {1, 2, 3, 4}, 0, 15, 11, false},
      {"what went already is not wanted again", {-1, 0}, {1, 2, 3}, 40, 1000, std::nullopt},
      {"nor is it held back", {-1, 0}, {1, 2, 3}, 40, 5, std::nullopt, false},
      {"a retention longer than time itself", {std::int64_t{1} << 53, -1}, {1, 2, 3}},
      {"no segments at all", {0, 0}, {}},
  };
  for (const policy_case& each : cases) {
    const auto segments = segments_of(each.last_times);
    const auto verdict = decide_retention(each.rules, segments, record_offset(each.log_start),
                                          log_index(each.held_by_all), now_ms);
    EXPECT_EQ(verdict.held_back, each.held_back) << each.what;
    ASSERT_EQ(verdict.log_start.has_value(), each.wanted_index.has_value()) << each.what;
    if (!verdict.log_start) continue;
    EXPECT_EQ(verdict.log_start->index.value(), *each.wanted_index) << each.what;
    EXPECT_EQ(verdict.log_start->offset.value(), 2 * (*each.wanted_index - 1)) << each.what;
  }
}

TEST(retention_policy, segment_without_records_goes_with_the_next_that_has_some) {
  auto segments = segments_of({1, 2, 3});
  for (auto& each : segments) each.base_offset = each.next_offset = record_offset(7);
  EXPECT_FALSE(decide_retention({-1, 0}, segments, record_offset(7), everything, now_ms).log_start);
  segments[2].base_offset = record_offset(9);
  EXPECT_EQ(decide_retention({-1, 0}, segments, record_offset(7), everything, now_ms).log_start,
            (raft::log_start_mark{record_offset(9), log_index(21)}));
}

TEST(retention_policy, segments_end_after_a_quarter_of_the_time_that_they_are_kept) {
  EXPECT_EQ(oldest_active_time_ms({.retention_ms = 4000}, now_ms), now_ms - 1000);
  EXPECT_EQ(oldest_active_time_ms({.retention_ms = 0}, now_ms), now_ms);
  EXPECT_EQ(oldest_active_time_ms({.retention_ms = -1}, now_ms), std::numeric_limits<std::int64_t>::min());
}

TEST(retention_policy, topics_are_kept_for_seven_days_and_positions_in_their_state_block_alone) {
  topic_metadata topic;
  EXPECT_EQ(retention_rules_of(topic), (retention_rules{604'800'000, -1}));
  topic.config = {{"retention.ms", "-1"}, {"retention.bytes", "5000"}, {"segment.bytes", "8192"}};
  EXPECT_EQ(retention_rules_of(topic), (retention_rules{-1, 5000}));
  EXPECT_EQ(topic.group_options().segment_bytes, 8192U);
  topic.internal = true;
  EXPECT_EQ(retention_rules_of(topic), (retention_rules{-1, 0}));
  EXPECT_EQ(topic.group_options().segment_bytes, std::uint64_t{16} << 20);
}

}  // namespace
}  // namespace marquee::broker
