#pragma once

#include <cstdint>
#include <vector>

#include "base/types.h"
#include "broker/entry_builder.h"
#include "broker/sequence_table.h"
#include "kafka/api/produce.h"
#include "raft/storage/log_store.h"

namespace marquee::broker {

/// What of a sequenced batch is new, and where the rest lies.
struct duplicate_verdict {
  /// Per record: its offset if it was stored before, else one of the marks below.
  std::vector<std::int64_t> offsets;
  /// Per record: the timestamp that it was stored with; -1 for what is not stored or was removed.
  std::vector<std::int64_t> timestamps_ms;
  /// Append time of the oldest stored part.
  std::int64_t append_time_ms = -1;
  /// What has to be appended; its runs count the new records only. Meaningful if there are new records.
  incoming_batch rest;

  static constexpr std::int64_t reused = -1;   ///< the sequence holds another message
  static constexpr std::int64_t too_old = -2;  ///< no longer remembered
  static constexpr std::int64_t fresh = -3;    ///< to be appended
  [[nodiscard]] std::int64_t count_of(std::int64_t mark) const;
  [[nodiscard]] bool is_all_fresh() const {
    return count_of(fresh) == static_cast<std::int64_t>(offsets.size());
  }
};

/// Looks a batch up in the applied layer; compares records with the log where hashes cannot tell, and reads
/// the timestamps of what is stored. Errors: those of reading the log.
[[nodiscard]] result<duplicate_verdict> check_duplicates(const incoming_batch& batch,
                                                         const sequence_table& table,
                                                         const raft::group_log& log);

/// The answer for a batch of which nothing is new, or, with the base offset that the new records got, for
/// any. Offsets in a mixed answer: at or above `base_offset` they are new (-1: none is), below it old;
/// `reused` and `too_old` stand for records that were not stored.
[[nodiscard]] kafka::marquee_batch_result describe_duplicates(const duplicate_verdict& verdict,
                                                              std::int64_t new_base_offset,
                                                              std::int64_t new_append_time_ms);

}  // namespace marquee::broker
