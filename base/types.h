#pragma once

#include <compare>
#include <cstdint>
#include <string>

#include "base/strong_type.h"
#include "base/uuid.h"

/// The integers that the whole tree shares. Times are plain `std::int64_t` milliseconds since 1970 UTC and
/// end in `_ms`; durations say so in their name.
namespace marquee {

struct counter_tag {
  static constexpr bool is_counter = true;
};
struct id_tag {
  static constexpr bool is_counter = false;
};

struct term_tag : counter_tag {};
struct log_index_tag : counter_tag {};
struct record_offset_tag : counter_tag {};
struct broker_id_tag : id_tag {};
struct incarnation_tag : id_tag {};
struct boot_count_tag : counter_tag {};
struct process_tag : id_tag {};
struct partition_tag : id_tag {};

/// Raft term; also the Kafka leader epoch of the partition.
using term_number = strong<term_tag, std::int64_t>;
/// Position in a Raft log. The first entry has index 1; 0 means "before the log".
using log_index = strong<log_index_tag, std::int64_t>;
/// Position of a client record in a partition. The first record has offset 0.
using record_offset = strong<record_offset_tag, std::int64_t>;
/// Number of a broker, handed out once per data directory; at least 1.
using broker_id = strong<broker_id_tag, std::int32_t>;
/// Distinguishes a disk that was lost and made anew from the one before it (DESIGN D8).
using incarnation_id = strong<incarnation_tag, std::int64_t>;
/// How often this data directory has been started.
using boot_count = strong<boot_count_tag, std::int64_t>;
/// Drawn at random by each process; 0 from a release that draws none.
using process_id = strong<process_tag, std::int64_t>;
/// Number of a partition within its topic, from 0.
using partition_id = strong<partition_tag, std::int32_t>;

/// A Raft group: one partition of one topic, by the topic's id (DESIGN D7, D9).
struct group_id {
  uuid topic_id;
  partition_id partition;

  auto operator<=>(const group_id&) const = default;
};

/// A voter or learner: a broker together with the incarnation of its disk (DESIGN D8).
struct replica_id {
  broker_id broker;
  incarnation_id incarnation;

  auto operator<=>(const replica_id&) const = default;
};

/// "<topic id>/<partition>", as in data directories and logs.
[[nodiscard]] std::string to_string(const group_id& group);
/// "<broker>.<incarnation>"
[[nodiscard]] std::string to_string(const replica_id& replica);

}  // namespace marquee

template <>
struct std::hash<marquee::group_id> {
  std::size_t operator()(const marquee::group_id& group) const noexcept;
};
template <>
struct std::hash<marquee::replica_id> {
  std::size_t operator()(const marquee::replica_id& replica) const noexcept {
    return static_cast<std::size_t>(replica.incarnation.value()) * 1000003 +
           static_cast<std::size_t>(replica.broker.value());
  }
};
