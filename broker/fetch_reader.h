#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/result.h"
#include "base/types.h"
#include "broker/time_index.h"
#include "kafka/byte_chain.h"
#include "raft/storage/log_store.h"

namespace marquee::broker {

/// Whether a read may go beyond its limit for its first batch: without that a batch that is larger than the
/// limit would never be delivered.
enum class first_batch : std::uint8_t { always, within_limit };

struct read_limits {
  std::size_t max_bytes = 0;
  first_batch first = first_batch::within_limit;
  /// Clients of old versions of Fetch cannot read it.
  enum class zstd_batches : std::uint8_t { delivered, refused } zstd = zstd_batches::delivered;
};

struct found_batches {
  kafka::byte_chain data;
  std::int64_t record_count = 0;  ///< in all of them, also in front of the wanted offset
};

/// Whole batches from the one that contains `from` on, none at or above `below`, within the limits. Copies
/// nothing. Errors: those of `group_log::read_from_offset`, corrupt, and unsupported if the first batch is
/// one of zstd where that is refused; in front of a later one it ends.
[[nodiscard]] result<found_batches> read_batches(const raft::group_log& log, record_offset from,
                                                 record_offset below, const read_limits& limits);

struct found_record {
  record_offset offset{};
  std::int64_t timestamp_ms = -1;

  bool operator==(const found_record&) const = default;
};

/// The first record below `below` whose timestamp is at or after `timestamp_ms`; nothing if there is none.
/// Errors: as above.
[[nodiscard]] result<std::optional<found_record>> find_by_timestamp(const raft::group_log& log,
                                                                    const time_index& index,
                                                                    std::int64_t timestamp_ms,
                                                                    record_offset below);

/// The largest timestamp of the records that are still there, below `below`; nothing if there are none.
/// Errors: as above.
[[nodiscard]] result<std::optional<std::int64_t>> largest_timestamp(const raft::group_log& log,
                                                                    const time_index& index,
                                                                    record_offset below);

}  // namespace marquee::broker
