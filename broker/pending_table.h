#pragma once

#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

#include "broker/batch_table.h"
#include "broker/idempotence_table.h"

namespace marquee::broker {

/// Names one append from its queueing until it is applied or has failed.
using append_id = std::uint64_t;

/// What producers have under way at this leader: queued or proposed, and not applied yet. The pending layer
/// of deduplication (DESIGN D10). Exists on a leader only; emptied when leadership is lost. On the
/// partition's thread. Its size follows from the bounds of the append queue.
class pending_table {
 public:
  /// Batches without a producer are not remembered. Ids grow.
  void add(append_id id, const batch_item& item);
  void remove(append_id id, const batch_item& item);

  /// The newest append under way that holds any of these sequences of this producer. Whoever wants to append
  /// them waits for it and looks again: it is then either applied, or nothing can be said.
  [[nodiscard]] std::optional<append_id> find_overlap(std::int64_t producer,
                                                      const std::vector<kafka::sequence_run>& runs) const;

  struct idempotent_pending {
    std::vector<append_id> ids;
    std::vector<idempotent_batch> batches;  ///< oldest first, as many as ids
  };
  /// Of a Kafka idempotent producer.
  [[nodiscard]] idempotent_pending batches_of(std::int64_t producer) const;
  [[nodiscard]] bool empty() const { return producers_.empty(); }

 private:
  struct pending_item {
    append_id id = 0;
    std::vector<kafka::sequence_run> runs;
    idempotent_batch batch;
  };
  std::unordered_map<std::int64_t, std::vector<pending_item>> producers_;
};

}  // namespace marquee::broker
