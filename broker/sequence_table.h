#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <list>
#include <map>
#include <optional>
#include <unordered_map>
#include <vector>

#include "base/byte_codec.h"
#include "base/result.h"
#include "base/types.h"
#include "kafka/api/produce.h"

namespace marquee::broker {

/// Of a run that the broker cut itself out of a client's run: nobody knows its hash, so its records are
/// always compared.
inline constexpr std::int64_t unknown_hash = 0;

/// How long sequences are remembered (DESIGN D10). A function of the log, so all replicas must have the same.
struct forgetting_rules {
  std::int64_t newest_batches_kept = 1'000;                ///< these are kept whatever their age
  std::int64_t batch_age_ms = 24LL * 3600 * 1000;          ///< older batches beyond them go
  std::size_t runs_most = 10'000;                          ///< per producer
  std::int64_t idle_producer_ms = 7LL * 24 * 3600 * 1000;  ///< then only its two marks are kept
  std::size_t idle_producers_most = 100'000;
};

/// A part of what was asked about: either stored before, or not.
struct sequence_part {
  enum class kind : std::uint8_t {
    fresh,    ///< never stored here
    same,     ///< stored: the run is exactly the remembered one and the hash is equal
    differs,  ///< the run is exactly the remembered one and the hash is not
    stored,   ///< stored in a run that was cut otherwise: compare the records themselves
    too_old   ///< no longer remembered: it may have been stored
  };
  kind what = kind::fresh;
  std::int64_t sequence = 0;
  std::int32_t count = 0;
  record_offset offset{};            ///< where it was stored; not for fresh and too_old
  std::int64_t append_time_ms = -1;  ///< likewise

  bool operator==(const sequence_part&) const = default;
};

/// Which sequences of which producer a partition has stored, and at which offsets: the applied layer of
/// deduplication for producers that number their messages (DESIGN D10).
///
/// A pure state machine, a function of the log alone: equal on all replicas. Owned by the partition's state,
/// on the partition's thread. Invariant: the remembered runs of a producer do not overlap.
class sequence_table {
 public:
  explicit sequence_table(forgetting_rules rules = {}) : rules_(rules) {}

  /// A batch was committed: its runs lie at consecutive offsets from `base_offset`. `append_time_ms` never
  /// goes back. Forgets what the rules say.
  void apply(std::int64_t producer, const std::vector<kafka::sequence_run>& runs, record_offset base_offset,
             std::int64_t append_time_ms);
  /// Time as the log tells it: every data entry brings it, of whatever producer.
  void advance_time(std::int64_t append_time_ms);

  /// What is known of the sequences of one run, in their order and without gaps.
  [[nodiscard]] std::vector<sequence_part> look_up(std::int64_t producer,
                                                   const kafka::sequence_run& run) const;

  struct marks {
    std::int64_t highest = -1;         ///< highest sequence ever stored; -1: none
    std::int64_t forgotten_below = 0;  ///< an unknown sequence below is too old, at or above it is new
    bool operator==(const marks&) const = default;
  };
  /// Nothing if the producer never wrote here, or was forgotten.
  [[nodiscard]] std::optional<marks> marks_of(std::int64_t producer) const;
  [[nodiscard]] std::size_t active_producers() const { return active_.size(); }
  [[nodiscard]] std::size_t idle_producers() const { return idle_.size(); }

  void encode(byte_writer& out) const;
  /// Errors: corrupt.
  [[nodiscard]] result<> decode(byte_reader& in);

 private:
  struct stored_run {
    std::int32_t count = 0;
    std::int64_t hash = 0;
    record_offset offset;
    std::int64_t append_time_ms = 0;
  };
  struct appended {
    std::int64_t sequence = 0;
    std::int64_t batch = 0;  ///< number of the batch that brought it
  };
  struct producer_state {
    std::map<std::int64_t, stored_run> runs;  ///< by first sequence
    std::deque<appended> by_age;              ///< oldest first
    std::int64_t batches = 0;                 ///< so many batches so far
    std::int64_t last_append_ms = 0;
    marks known;
    std::list<std::int64_t>::iterator place;  ///< in by_activity_
  };
  struct idle_state {
    marks known;
    std::list<std::int64_t>::iterator place;  ///< in by_idleness_
  };

  producer_state& activate(std::int64_t producer);
  void forget_runs(producer_state& state, std::int64_t now_ms) const;
  void drop_oldest_run(producer_state& state) const;
  void make_idle(std::int64_t producer);
  void add_idle(std::int64_t producer, marks known);

  forgetting_rules rules_;
  std::unordered_map<std::int64_t, producer_state> active_;
  std::list<std::int64_t> by_activity_;  ///< longest without an append first
  std::unordered_map<std::int64_t, idle_state> idle_;
  std::list<std::int64_t> by_idleness_;  ///< oldest first
};

}  // namespace marquee::broker
