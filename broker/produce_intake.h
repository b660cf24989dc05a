#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "broker/append_queue.h"
#include "broker/duplicate_check.h"
#include "broker/pending_table.h"

namespace marquee::broker {

/// What became of the batches for one partition.
struct produce_answer {
  /// Of the whole; none if any batch was stored.
  kafka::kafka_error error = kafka::kafka_error::none;
  std::string message{};
  std::vector<kafka::marquee_batch_result> batches{};
  produce_outcome outcome = produce_outcome::definite;
  std::int64_t append_us = 0;
  std::int64_t fsync_us = 0;
  std::int64_t commit_us = 0;
};

/// Batches of one Produce request for one partition, on their way. Shared by whoever waits and the intake.
struct produce_order {
  std::vector<incoming_batch> batches{};
  timestamp_kind timestamps = timestamp_kind::create;
  /// Called exactly once, on the partition's thread; may be called from within `submit`.
  std::function<void(produce_answer)> done{};

  /// The intake's own notes.
  struct progress {
    enum class stage : std::uint8_t { untouched, waits, queued, settled };
    stage now = stage::untouched;
    append_id id = 0;       ///< what was queued, or what is waited for
    batch_item appended{};  ///< what is in the pending table
    duplicate_verdict verdict{};
  };
  std::vector<progress> notes{};
  std::size_t unsettled = 0;
  produce_answer answer{};
};

/// Decides for each incoming batch at a leader whether it is new, a duplicate of something applied, or one of
/// something under way (DESIGN D10), and appends what is new. A batch that repeats something under way
/// appends nothing: it waits for that and is then looked up again.
///
/// Owned by the partition, on its thread. Bounded by the append queue and by `waiting_most`.
class produce_intake {
 public:
  static constexpr std::size_t waiting_most = 10'000;

  /// Everything referred to outlives the intake.
  produce_intake(const partition_state& state, const raft::group_log& log, append_queue& queue,
                 const clock& time)
      : state_(state), log_(log), queue_(queue), time_(time) {}

  void submit(const std::shared_ptr<produce_order>& order);
  /// Time is up. What is not in the log yet never gets there and is answered NOT_ENOUGH_REPLICAS (definite),
  /// with whatever a Kafka producer has queued behind it; what is in it REQUEST_TIMED_OUT (unknown): clients
  /// take that as appended. `done` is called if it was not yet.
  void abandon(const std::shared_ptr<produce_order>& order);

 private:
  using order_pointer = std::shared_ptr<produce_order>;
  struct waiter {
    order_pointer order;
    std::size_t batch = 0;
  };

  void resolve(const order_pointer& order, std::size_t batch);
  void resolve_sequenced(const order_pointer& order, std::size_t batch);
  void resolve_idempotent(const order_pointer& order, std::size_t batch);
  void append(const order_pointer& order, std::size_t batch, const incoming_batch& what);
  void landed(const order_pointer& order, std::size_t batch, const append_outcome& outcome);
  void wait_for(append_id id, const order_pointer& order, std::size_t batch);
  void wake_waiters(append_id id, const append_outcome& outcome);
  void settle(const order_pointer& order, std::size_t batch, kafka::marquee_batch_result told,
              produce_outcome outcome);
  void time_out(const order_pointer& order, std::size_t batch);
  void refuse(const order_pointer& order, std::size_t batch, kafka::kafka_error error, std::string message,
              produce_outcome outcome = produce_outcome::definite);

  const partition_state& state_;
  const raft::group_log& log_;
  append_queue& queue_;
  const clock& time_;
  pending_table pending_;
  std::unordered_map<append_id, std::vector<waiter>> waiters_;
  std::size_t waiting_ = 0;
};

}  // namespace marquee::broker
