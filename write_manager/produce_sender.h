#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "base/metrics.h"
#include "write_manager/broker_link.h"
#include "write_manager/produce_batcher.h"

namespace marquee::write_manager {

/// Where the time of a produce went, as the leader told it; the largest of all batches.
struct produce_timings {
  std::int32_t append_us = 0;
  std::int32_t fsync_us = 0;
  std::int32_t commit_us = 0;

  void take_larger(const produce_timings& other);
};

/// What became of one message.
struct message_outcome {
  std::int64_t offset = -1;                  ///< where it is stored, if it is
  bool duplicate = false;                    ///< it was there before this attempt
  bool perhaps_own = false;                  ///< an earlier attempt of ours may be what stored the duplicate
  std::int64_t stored_timestamp_ms = -1;     ///< of a duplicate; -1: not known
  std::optional<message_problem> problem{};  ///< why it is not stored
};

/// What became of one batch.
struct batch_outcome {
  std::vector<message_outcome> messages{};  ///< in the order of the batch
  std::int64_t append_time_ms = -1;
  broker_id broker{};  ///< who answered last; 0: nobody was reached
};

struct item_outcome {
  std::vector<batch_outcome> batches{};
  produce_timings timings{};
};

/// Brings one item to its partition's leader, whoever that is, within a deadline: lost connections, old
/// leaders and missing quorum are tried again with the same sequences, which the leader recognises, so
/// repeating is exact (DESIGN D10). Only what is not known to be stored is sent again. On the manager's loop.
class produce_sender {
 public:
  /// `brokers` and `batcher` must outlive the sender.
  produce_sender(broker_link& brokers, produce_batcher& batcher, metrics_registry& metrics);

  [[nodiscard]] net::task<item_outcome> store(produce_item item, net::deadline end);

 private:
  broker_link& brokers_;
  produce_batcher& batcher_;
  metric_counter& retries_;
};

}  // namespace marquee::write_manager
