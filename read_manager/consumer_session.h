#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "kafka/byte_chain.h"
#include "read_manager/partition_buffer.h"

namespace marquee::read_manager {

/// Next offsets, by partition number.
using position_map = std::map<std::int32_t, std::int64_t>;

enum class commit_mode : std::uint8_t {
  automatic,  ///< what an answer delivered is committed when the consumer's next consume comes
  manual      ///< only POST /consumer/commit commits
};

struct delivered_record {
  std::int32_t partition = 0;
  buffered_record record;
};

/// What one consume answers.
struct delivery {
  std::int64_t id = 0;
  std::vector<delivered_record> records;
  std::int64_t skipped = 0;  ///< offsets that retention removed before they were read
};

struct consume_request {
  std::size_t max_records = 1;
  std::size_t max_bytes = 0;
  commit_mode mode = commit_mode::automatic;
  std::optional<std::int64_t> poll;
};

/// What a consume is, going by its `poll` number.
enum class poll_kind : std::uint8_t { next, repeat, too_old };

/// One thing to ask a broker for.
struct fetch_wish {
  std::int32_t partition = 0;
  std::int64_t offset = 0;

  bool operator==(const fetch_wish&) const = default;
};

/// Everything that decides what one consumer gets (http-api.md, "Consumers"): reading positions, what was
/// read ahead, whose turn it is, what was delivered and is to be committed, and the last numbered poll. A
/// pure state machine: no clock, no I/O. Owned by the manager that owns the consumer; used on one thread, by
/// one consume at a time.
///
/// Invariants: a partition's records are delivered in offset order and each once, unless undone or repeated;
/// positions to commit never lie above what was delivered before the consume that commits them.
class consumer_session {
 public:
  explicit consumer_session(const position_map& committed);

  /// The topic has partitions 0 to count-1. Those without a position are read from 0.
  void set_partition_count(std::int32_t count);
  [[nodiscard]] std::int32_t partition_count() const { return static_cast<std::int32_t>(partitions_.size()); }

  // Consuming, in this order: classify, begin unless it is a repeat, take, and undo if the answer was lost.

  [[nodiscard]] poll_kind classify(const std::optional<std::int64_t>& poll) const;
  /// The answer of the last numbered poll. Valid after `classify` said `repeat`.
  [[nodiscard]] const delivery& last_delivery() const { return last_; }
  /// A new consume has come: the consumer has received what was delivered before. The positions to commit
  /// now; empty if nothing changed.
  [[nodiscard]] position_map begin();
  /// Gives out what there is, partition by partition in turn, up to the limits but at least one record.
  [[nodiscard]] const delivery& take(const consume_request& request);
  /// The answer `delivery_id` never reached the consumer: its records are to be read again. Does nothing if
  /// that answer was numbered (the consumer repeats the poll), or if anything happened since.
  void undo(std::int64_t delivery_id);
  /// Gives the memory of the last answer back and remembers only where its records are in the log: what
  /// `undo` does is then done by reading them again.
  void forget_last_answer();
  [[nodiscard]] bool last_answer_forgotten() const { return last_forgotten_; }
  /// For a repeat of a forgotten answer: reading goes back to where it began, and nothing of it is committed.
  /// Then the repeat is taken like a new one; it may hold fewer or more records.
  void go_back_to_last_answer();

  [[nodiscard]] std::size_t available() const;
  /// Of what is still to be delivered.
  [[nodiscard]] std::size_t buffered_bytes() const;
  /// Memory that is kept alive for it, and for a repeat of the last answer.
  [[nodiscard]] std::size_t read_ahead_bytes() const;
  [[nodiscard]] std::size_t last_answer_bytes() const;
  /// A partition whose turn would come within the limits has nothing here, although its log has more (or was
  /// never looked at).
  [[nodiscard]] bool starved(std::size_t max_records, std::size_t max_bytes) const;
  /// Some log is known to have more than what is here.
  [[nodiscard]] bool more_known() const;

  // Fetching.

  /// What to ask for so that at most about `limit_bytes` are held: the partitions that have room, and of
  /// those that have nothing at least the few whose turn comes next.
  [[nodiscard]] std::vector<fetch_wish> wishes(std::size_t limit_bytes) const;
  /// The answer to a wish. False if its bytes are not readable records.
  bool on_fetched(const fetch_wish& asked, const kafka::byte_chain& records, std::int64_t high_watermark,
                  std::int64_t log_start);
  /// The broker says that the offset is outside its log, which runs from `log_start` to `log_end`.
  void on_out_of_range(const fetch_wish& asked, std::int64_t log_start, std::int64_t log_end);
  void drop_read_ahead();

  // Positions.

  /// Next offset to deliver, of every partition.
  [[nodiscard]] position_map reading_positions() const;
  /// Reading goes on there; what was to be committed for these partitions is forgotten.
  void seek(const position_map& positions);
  /// The consumer says that it has everything before these positions: reading goes on there where it stands
  /// below, as after a take-over by somebody who does not know of the last answers. Never goes back.
  void skip_what_it_has(const position_map& committed);
  /// What the logs looked like at the last fetch, if there was one.
  [[nodiscard]] const partition_buffer* partition(std::int32_t number) const;

 private:
  std::vector<partition_buffer> partitions_;
  position_map initial_;  ///< positions of partitions that the topic does not show yet
  std::size_t next_ = 0;  ///< whose turn it is
  std::int64_t skipped_ = 0;
  std::optional<std::int64_t> last_poll_;
  delivery last_;
  bool can_undo_ = false;
  bool last_forgotten_ = false;
  position_map forgotten_from_;  ///< the first offset of each partition in the answer that was forgotten
  std::size_t next_before_ = 0;
  position_map to_commit_;
};

}  // namespace marquee::read_manager
