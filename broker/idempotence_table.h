#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <list>
#include <span>
#include <unordered_map>
#include <vector>

#include "base/byte_codec.h"
#include "base/result.h"
#include "base/types.h"
#include "kafka/protocol_types.h"

namespace marquee::broker {

/// A batch of a Kafka idempotent producer, by its sequences (modulo 2^31).
struct idempotent_batch {
  std::int16_t epoch = -1;
  std::int32_t first_sequence = -1;
  std::int32_t record_count = 0;

  bool operator==(const idempotent_batch&) const = default;
  [[nodiscard]] std::int32_t last_sequence() const {
    return static_cast<std::int32_t>((std::int64_t{first_sequence} + record_count - 1) & 0x7fffffff);
  }
};

/// What to do with an incoming batch of an idempotent producer.
struct idempotence_verdict {
  enum class kind : std::uint8_t { append, duplicate, pending_duplicate, refuse };
  kind what = kind::append;
  /// duplicate: where the original lies.
  record_offset base_offset{};
  std::int64_t append_time_ms = -1;
  /// pending_duplicate: position of the original in the list of pending batches.
  std::size_t pending = 0;
  /// refuse: 45 or 47.
  kafka::kafka_error error = kafka::kafka_error::none;
};

/// State of Kafka idempotent producers in one partition (kafka-protocol.md section 4): epoch, the last five
/// batches, time of the last append. The applied layer; what is appended but not committed is given to
/// `check` by the caller.
///
/// A pure state machine, a function of the log alone. Owned by the partition's state, on its thread.
class idempotence_table {
 public:
  static constexpr std::size_t batches_kept = 5;
  static constexpr std::int64_t expiry_ms = 24LL * 3600 * 1000;

  void apply(std::int64_t producer, const idempotent_batch& batch, record_offset base_offset,
             std::int64_t append_time_ms);
  /// Time as the log tells it; producers without an append for 24 h are forgotten.
  void advance_time(std::int64_t append_time_ms);

  /// `pending` holds the producer's batches that are appended and not applied yet, oldest first. `now_ms` is
  /// the leader's clock: what an append at that time would make the table forget counts as forgotten.
  [[nodiscard]] idempotence_verdict check(std::int64_t producer, const idempotent_batch& incoming,
                                          std::span<const idempotent_batch> pending,
                                          std::int64_t now_ms) const;
  [[nodiscard]] std::size_t size() const { return producers_.size(); }

  void encode(byte_writer& out) const;
  /// Errors: corrupt.
  [[nodiscard]] result<> decode(byte_reader& in);

 private:
  struct stored_batch {
    idempotent_batch batch;
    record_offset base_offset{};
    std::int64_t append_time_ms = 0;
  };
  struct producer_state {
    std::int16_t epoch = -1;
    std::vector<stored_batch> newest;  ///< at most five, oldest first, all of `epoch`
    std::int64_t last_append_ms = 0;
    std::list<std::int64_t>::iterator place;
  };

  [[nodiscard]] const producer_state* find(std::int64_t producer, std::int64_t now_ms) const;

  std::unordered_map<std::int64_t, producer_state> producers_;
  std::list<std::int64_t> by_activity_;  ///< longest without an append first
};

}  // namespace marquee::broker
