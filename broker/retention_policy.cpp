#include "broker/retention_policy.h"

#include <algorithm>
#include <limits>

namespace marquee::broker {

namespace {
constexpr std::int64_t seven_days_ms = 604'800'000;
}  // namespace

retention_rules retention_rules_of(const topic_metadata& topic) {
  if (topic.internal) return {.retention_ms = -1, .retention_bytes = 0};
  return {.retention_ms = topic.number("retention.ms", seven_days_ms),
          .retention_bytes = topic.number("retention.bytes", -1)};
}

std::int64_t oldest_active_time_ms(const retention_rules& rules, std::int64_t now_ms) {
  if (rules.retention_ms < 0) return std::numeric_limits<std::int64_t>::min();
  return now_ms - rules.retention_ms / 4;
}

retention_verdict decide_retention(const retention_rules& rules,
                                   const std::vector<raft::segment_summary>& segments,
                                   record_offset log_start, log_index held_by_all, std::int64_t now_ms) {
  retention_verdict verdict;
  std::uint64_t bytes = 0;
  for (const raft::segment_summary& each : segments) bytes += each.bytes;
  for (std::size_t i = 0; i + 1 < segments.size(); ++i) {
    const raft::segment_summary& oldest = segments[i];
    const raft::segment_summary& next = segments[i + 1];
    bytes -= std::min(bytes, oldest.bytes);
    const bool expired =
        rules.retention_ms >= 0 && oldest.last_time_ms < now_ms - std::min(now_ms, rules.retention_ms);
    const bool too_much =
        rules.retention_bytes >= 0 && bytes >= static_cast<std::uint64_t>(rules.retention_bytes);
    if (!expired && !too_much) break;
    // Without records nobody sees a difference; it goes with those that follow.
    if (next.base_offset <= log_start) continue;
    if (oldest.last_index > held_by_all) {
      verdict.held_back = true;
      break;
    }
    verdict.log_start = raft::log_start_mark{next.base_offset, next.base_index};
  }
  return verdict;
}

}  // namespace marquee::broker
