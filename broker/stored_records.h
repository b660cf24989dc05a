#pragma once

#include <cstdint>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "base/types.h"
#include "raft/storage/log_store.h"

namespace marquee::broker {

/// A record that the log holds, as seen by one that claims to be the same.
struct stored_record {
  bool equal = false;              ///< key, value and headers are
  std::int64_t timestamp_ms = -1;  ///< as consumers get it; -1: retention removed the record
};

/// Compares records of an incoming batch with those that the log holds (DESIGN D10: a retry that was cut
/// otherwise than the original). What retention removed counts as equal. One answer per record: records
/// `first` to `first + count - 1` of `batch` against the offsets from `stored_at` on. Errors: those of
/// reading the log; corrupt if a record is not where it must be.
[[nodiscard]] result<std::vector<stored_record>> compare_with_stored(const raft::group_log& log,
                                                                     bytes_view batch, std::int32_t first,
                                                                     std::int32_t count,
                                                                     record_offset stored_at);

/// A batch of those records of `batch` whose `chosen` is true, in their order. At least one must be.
[[nodiscard]] bytes cut_batch(bytes_view batch, const std::vector<bool>& chosen);

}  // namespace marquee::broker
