#pragma once

#include <cstdint>
#include <vector>

#include "base/bytes.h"
#include "base/types.h"
#include "raft/storage/log_store.h"

namespace marquee::broker {

/// Compares records of an incoming batch with those that the log holds (DESIGN D10: a retry that was cut
/// otherwise than the original). Key, value and headers count. What retention removed counts as equal; what
/// cannot be read counts as different. One answer per record: records `first` to `first + count - 1` of
/// `batch` against the offsets from `stored_at` on.
[[nodiscard]] std::vector<bool> equal_to_stored(const raft::group_log& log, bytes_view batch,
                                                std::int32_t first, std::int32_t count,
                                                record_offset stored_at);

/// A batch of those records of `batch` whose `chosen` is true, in their order. At least one must be.
[[nodiscard]] bytes cut_batch(bytes_view batch, const std::vector<bool>& chosen);

}  // namespace marquee::broker
