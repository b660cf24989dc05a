#pragma once

#include <cstdint>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "base/types.h"
#include "broker/batch_table.h"
#include "broker/idempotence_table.h"
#include "broker/leader_epoch_table.h"
#include "broker/position_table.h"
#include "broker/sequence_table.h"
#include "broker/time_index.h"
#include "raft/core/entry.h"

namespace marquee::broker {

/// Everything that a partition knows from its committed log: next offset, both deduplication tables, the time
/// index, the leaders' epochs and, in `__consumer_offsets`, the positions.
///
/// A pure state machine (DESIGN D3): equal logs give equal states and equal `encode`d bytes on every replica.
/// Owned by the partition, on its thread. `next_offset` is the high watermark: the offset that follows the
/// last applied record.
class partition_state {
 public:
  explicit partition_state(forgetting_rules rules = {}) : sequences_(rules) {}

  /// Applies the next committed entry; gives what its position commands came to, in their order. Errors:
  /// corrupt or unsupported (the entry cannot be understood: the replica must not go on), internal (offsets
  /// are not continuous).
  [[nodiscard]] result<std::vector<position_result>> apply(const raft::entry& committed);

  [[nodiscard]] record_offset next_offset() const { return next_offset_; }
  /// Append time of the last entry: the next one has at least this (DESIGN D14).
  [[nodiscard]] std::int64_t last_append_time_ms() const { return last_append_time_ms_; }
  [[nodiscard]] const sequence_table& sequences() const { return sequences_; }
  [[nodiscard]] const idempotence_table& idempotence() const { return idempotence_; }
  [[nodiscard]] const position_table& positions() const { return positions_; }
  [[nodiscard]] const time_index& times() const { return times_; }
  [[nodiscard]] const leader_epoch_table& leader_epochs() const { return leader_epochs_; }

#ifdef MARQUEE_BROKER_PLANTED_BUGS
  void forget_producers() {
    sequences_ = sequence_table();
    idempotence_ = idempotence_table();
  }
#endif

  [[nodiscard]] bytes encode() const;
  /// Errors: corrupt, unsupported (written by a newer release).
  [[nodiscard]] result<> decode(bytes_view data);

 private:
  void apply_batch(const batch_item& item, record_offset base_offset, std::int64_t append_time_ms);
  result<std::vector<position_result>> apply_commands(const raft::entry& committed, const batch_table& table);

  record_offset next_offset_;
  std::int64_t last_append_time_ms_ = 0;
  sequence_table sequences_;
  idempotence_table idempotence_;
  position_table positions_;
  time_index times_;
  leader_epoch_table leader_epochs_;
};

}  // namespace marquee::broker
