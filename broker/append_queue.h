#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "base/clock.h"
#include "broker/entry_builder.h"
#include "broker/partition_state.h"
#include "broker/pending_table.h"
#include "kafka/api/produce.h"
#include "kafka/protocol_types.h"
#include "raft/runtime/replica.h"

namespace marquee::broker {

using produce_outcome = kafka::marquee_produce_result::outcome_kind;

/// How an append ended.
struct append_outcome {
  kafka::kafka_error error = kafka::kafka_error::none;
  /// With an error: `unknown` if it was appended and another leader may still commit it.
  produce_outcome outcome = produce_outcome::definite;
  record_offset base_offset{};
  /// Of the entry, or of its records if the topic stamps append time.
  std::int64_t append_time_ms = -1;
  std::int64_t append_us = 0;
  std::int64_t fsync_us = 0;
  std::int64_t commit_us = 0;
  /// Of position commands, one per record.
  std::vector<position_result> positions{};
};

struct append_request {
  entry_content content = entry_content::records;
  incoming_batch batch{};
  timestamp_kind timestamps = timestamp_kind::create;
  /// Called exactly once, on the partition's thread, never from within `enqueue`.
  std::function<void(append_outcome)> done{};
};

struct append_queue_options {
  /// An entry is closed when it holds this much, so it may be one batch larger.
  std::int64_t entry_bytes = 1 << 20;
  /// Entries that may be on their way to a majority at once.
  std::int64_t entries_in_flight = 2;
  /// Another entry joins those in flight only with so much in it: a small one costs three brokers a write, a
  /// sync and a message each like a large one.
  std::int64_t joining_bytes = 64 << 10;
  /// What may wait for its turn; beyond it appends are refused.
  std::int64_t queued_bytes_most = std::int64_t{32} << 20;
};

/// Makes entries of batches at a leader: what arrives while an entry is in flight becomes the next one
/// (DESIGN D20), several at once when there is much of it; nothing waits for a timer. Assigns offsets in the
/// order of arrival.
///
/// Owned by the partition, on its thread. Bounded by `queued_bytes_most`. When leadership is lost, what was
/// proposed ends with NOT_LEADER_OR_FOLLOWER and outcome unknown, what was queued likewise and definite.
class append_queue {
 public:
  /// Everything referred to outlives the queue.
  append_queue(raft::replica& replica, const partition_state& state, const clock& time,
               append_queue_options options);

  /// The leader may append from now on.
  void open();
  /// Leadership was lost: ends what is queued, and takes no more.
  void close();
  [[nodiscard]] bool is_open() const { return open_; }

  /// Nothing if the queue is full.
  [[nodiscard]] std::optional<append_id> enqueue(append_request request);
  /// Hands queued batches to Raft as far as the window allows. Call after a round of `enqueue`.
  void pump();
  /// Takes a request that was not proposed yet out; false if it is in the log. Its `done` is not called.
  [[nodiscard]] bool withdraw(append_id id);
  /// It was not proposed yet.
  [[nodiscard]] bool holds(append_id id) const;
  /// Ends what that Kafka producer has queued behind `id`, with NOT_ENOUGH_REPLICAS: it must not be appended
  /// without what came before it.
  void refuse_followers(append_id id, std::int64_t producer);

  /// The partition applied an entry, whose proposer's callback comes next.
  void note_applied(std::vector<position_result> results) { applied_results_ = std::move(results); }
  [[nodiscard]] std::size_t entries_in_flight() const { return in_flight_; }

 private:
  struct queued {
    append_id id = 0;
    append_request request;
  };
  /// One entry that was proposed.
  struct flight {
    std::vector<append_request> requests;
    record_offset base_offset{};
    std::int64_t append_time_ms = 0;
    std::int64_t stamp_ms = 0;
  };

  [[nodiscard]] bool may_propose() const;
  [[nodiscard]] bool propose_next();
  /// Takes as much from the queue as makes one entry.
  std::vector<queued> take_batch();
  void put_back(std::vector<queued> taken);
  void settle(flight& landed, const result<raft::proposal_outcome>& outcome);
  void fail_queued(kafka::kafka_error error);

  raft::replica& replica_;
  const partition_state& state_;
  const clock& time_;
  append_queue_options options_;
  bool open_ = false;
  append_id next_id_ = 1;
  std::deque<queued> queue_;
  std::int64_t queued_bytes_ = 0;
  std::size_t in_flight_ = 0;
  record_offset next_offset_{};
  std::int64_t last_append_time_ms_ = 0;
  std::vector<position_result> applied_results_;
  std::uint64_t epoch_ = 0;  ///< grows with every `open`, so that late callbacks are told from current ones
};

}  // namespace marquee::broker
