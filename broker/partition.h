#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "broker/append_queue.h"
#include "broker/broker_metrics.h"
#include "broker/fetch_reader.h"
#include "broker/fetch_waiters.h"
#include "broker/partition_state.h"
#include "broker/produce_intake.h"
#include "broker/retention_keeper.h"
#include "kafka/api/leader_hint.h"
#include "kafka/byte_chain.h"
#include "kafka/protocol_types.h"
#include "raft/runtime/replica.h"
#include "raft/runtime/state_machine.h"

namespace marquee::broker {

/// What a partition shares with the rest of the broker. Outlives all partitions.
struct partition_environment {
  const clock& time;
  broker_metrics& metrics;
  append_queue_options appends;
};

struct fetch_order {
  record_offset from{};
  std::int32_t leader_epoch = -1;  ///< the client's; -1: not told
  std::int64_t max_bytes = 0;
  bool at_least_one_batch = false;
  read_limits::zstd_batches zstd = read_limits::zstd_batches::delivered;
  /// Where to wake a long poll, and under which name; null: nobody waits.
  const net::wake_point* waiter = nullptr;
  std::uint64_t waiter_id = 0;
};

struct fetch_answer {
  kafka::kafka_error error = kafka::kafka_error::none;
  record_offset high_watermark{-1};
  record_offset log_start{-1};
  std::optional<kafka::leader_hint> leader{};
  kafka::byte_chain records{};
  std::int64_t record_count = 0;
};

struct offset_answer {
  kafka::kafka_error error = kafka::kafka_error::none;
  std::int64_t timestamp_ms = -1;
  std::int64_t offset = -1;
  std::int32_t leader_epoch = -1;
};

struct epoch_answer {
  kafka::kafka_error error = kafka::kafka_error::none;
  leader_epoch_table::epoch_end end{};
};

/// How a consumer stands; nothing in `consumer` if it is unknown or was deleted.
struct position_answer {
  std::optional<consumer_state> consumer;
  bool deleted = false;
};

/// One replica of one partition: the state machine behind a Raft group, and at the leader the service to
/// clients: appends, reads up to the high watermark, offsets, positions.
///
/// Owned by its raft::replica; everything on that replica's loop thread (DESIGN D20), without locks.
/// Invariants: nothing beyond the high watermark is delivered; a leader serves only once the first entry of
/// its term is applied (D10, D13). On loss of leadership whatever is under way ends with
/// NOT_LEADER_OR_FOLLOWER. An entry that cannot be applied ends the process: going on would make replicas
/// differ.
class partition final : public raft::state_machine {
 public:
  partition(raft::replica& replica, const partition_environment& environment);

  /// \name Called by the Raft replica.
  ///@{
  [[nodiscard]] result<> restore(const raft::state_block& from) override;
  void apply(const raft::entry& committed) override;
  void leadership_changed(const raft::leadership& now) override;
  void leader_ready(term_number term) override;
  [[nodiscard]] shared_bytes make_state() override;
  void stopped(const error& why) override;
  ///@}

  /// \name Called by request handlers.
  ///@{
  /// Answers through the order. Errors: 6, 19, 45, 46 (sequence reused), 47.
  void produce(const std::shared_ptr<produce_order>& order);
  /// The order's time is up, see produce_intake.
  void abandon(const std::shared_ptr<produce_order>& order);
  /// Errors: 74, 75, 6, 1, 56, 76 (zstd that the client cannot read).
  [[nodiscard]] fetch_answer fetch(const fetch_order& order);
  void forget_waiter(std::uint64_t waiter_id) { waiters_.remove(waiter_id); }
  /// For the timestamps of ListOffsets; `done` is called once, for -1 after a read barrier. Errors: 74, 75,
  /// 6, 78, 35, 56.
  void list_offset(std::int64_t timestamp_ms, std::int32_t leader_epoch,
                   const std::function<void(offset_answer)>& done);
  /// Where the records of a leader end. Errors: 74, 75, 6.
  [[nodiscard]] epoch_answer end_of_epoch(std::int32_t epoch, std::int32_t leader_epoch) const;
  /// Commits a command to the position table. Errors in the result: 6, 19, and those of position_table.
  void command(const position_command& wanted, const std::function<void(position_result)>& done);
  /// After a read barrier. Fails with 6 if this replica does not lead.
  void read_positions(std::vector<std::string> consumers,
                      std::function<void(kafka::kafka_error, std::vector<position_answer>)> done);
  ///@}

  /// To be called from time to time, on every replica.
  void keep_retention(const retention_rules& rules, std::int64_t now_ms);

  [[nodiscard]] const partition_state& state() const { return state_; }
  /// -1 once the replica has stopped: its log may be gone.
  [[nodiscard]] record_offset log_start_offset() const {
    return stopped_ ? record_offset(-1) : replica_.log().log_start_offset();
  }
  [[nodiscard]] record_offset log_end_offset() const {
    return stopped_ ? record_offset(-1) : replica_.log().next_offset();
  }
  /// Who leads instead, as far as known; nothing while this replica leads but is not ready.
  [[nodiscard]] std::optional<kafka::leader_hint> leader_hint() const;
  /// Leader, and ready to serve.
  [[nodiscard]] bool serves() const { return serves_ && !stopped_ && replica_.is_leader_ready(); }
  /// For good; only what was applied can still be told.
  [[nodiscard]] bool is_stopped() const { return stopped_; }
  [[nodiscard]] raft::replica& replica() const { return replica_; }

 private:
  [[nodiscard]] kafka::kafka_error check_epoch(std::int32_t leader_epoch) const;
  /// The Kafka leader epoch of the record at that offset.
  [[nodiscard]] std::int32_t epoch_at(record_offset at) const;
  [[nodiscard]] offset_answer find_offset(std::int64_t timestamp_ms) const;
  void stop_serving();

  raft::replica& replica_;
  partition_environment environment_;
  partition_state state_;
  append_queue appends_;
  /// Made when this replica first leads; until then it refuses.
  std::unique_ptr<produce_intake> intake_;
  fetch_waiters waiters_;
  retention_keeper retention_;
  bool serves_ = false;
  bool stopped_ = false;
};

}  // namespace marquee::broker
