#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "raft/core/node.h"
#include "raft/storage/entry_tail.h"
#include "raft/storage/log_store.h"
#include "raft/storage/segment.h"
#include "raft/storage/wal_payload.h"

namespace marquee::raft {

/// One group's log as readers see it: segments, then entries in memory. Shared by the group's thread, which
/// reads and appends, and the checkpoint thread, which moves entries from memory to segments. Files are read
/// and written without the mutex.
///
/// Invariant: segments and memory follow each other without gap, and segments hold committed entries only.
/// Once fenced it takes no more entries, but what is there can still be read.
class group_storage {
 public:
  group_storage(std::string folder, std::vector<std::shared_ptr<segment>> segments, const group_facts& facts,
                std::deque<entry> tail);

  // On the group's thread.
  /// Errors: io (fenced).
  [[nodiscard]] result<> check_writable() const;
  /// Truncation first, then the entries, which must continue the log.
  void append(const persist_request& request);
  [[nodiscard]] log_index first_index() const;
  [[nodiscard]] log_index last_index() const;
  [[nodiscard]] std::optional<term_number> term_at(log_index index) const;
  [[nodiscard]] result<std::vector<entry>> read(log_index from, log_index to, std::size_t max_bytes) const;
  [[nodiscard]] record_offset next_offset() const;
  [[nodiscard]] std::int64_t last_time_ms() const;
  [[nodiscard]] record_offset log_start_offset() const;
  [[nodiscard]] result<std::vector<entry>> read_from_offset(record_offset from, record_offset below,
                                                            std::size_t max_bytes) const;
  [[nodiscard]] std::optional<log_index> first_index_at_or_after(std::int64_t append_time_ms) const;
  [[nodiscard]] configuration configuration_at(log_index index) const;
  /// Remembers that it said yes: the next checkpoint then begins a new segment.
  [[nodiscard]] bool needs_state_block() const;
  void set_segment_bytes(std::uint64_t segment_bytes);
  [[nodiscard]] std::uint64_t size_bytes() const;
  [[nodiscard]] bool wants_new_segment() const;
  void end_segment_older_than(std::int64_t append_time_ms);
  [[nodiscard]] std::vector<segment_summary> segments() const;
  /// False if it is no higher than before.
  bool raise_log_start(const log_start_mark& mark);
  [[nodiscard]] log_start_mark log_start() const;
  /// Takes the full segments below the log start out, oldest first: nobody finds them any more. On the
  /// group's thread, so that the log's beginning does not move under whoever looks at it.
  [[nodiscard]] std::vector<std::shared_ptr<segment>> take_old_segments();

  // On the checkpoint thread.
  struct move_plan {
    std::shared_ptr<segment> active;
    std::vector<entry> entries;
    /// A new segment begins after them.
    bool roll = false;
  };
  /// What a checkpoint up to `applied` has to write. Errors: io (fenced).
  [[nodiscard]] result<move_plan> plan_move(log_index applied) const;
  /// The entries are in the active segment, synced. Errors: corrupt.
  [[nodiscard]] result<> moved(const std::vector<entry>& entries);
  /// A write to the active segment failed half done: nothing may be written to that file any more.
  void spoil_active() { active_is_spoilt_ = true; }
  [[nodiscard]] bool active_is_spoilt() const { return active_is_spoilt_; }
  [[nodiscard]] std::shared_ptr<segment> active() const;
  /// The same entries in another file.
  void replace_active(std::shared_ptr<segment> anew);
  /// Header of a segment that goes on after the active one.
  [[nodiscard]] segment_header next_header(const group_id& group, const state_block& state) const;
  void begin_segment(std::shared_ptr<segment> next);
  [[nodiscard]] segment_position position() const;
  [[nodiscard]] const std::string& folder() const { return folder_; }

  /// From any thread.
  void fence(const std::string& why);
  struct met_damage {
    error what;
    log_index segment_base;
  };
  [[nodiscard]] std::optional<met_damage> damage_met() const;
  struct segment_at_rest {
    std::shared_ptr<segment> source;
    /// Up to here nothing is written any more.
    segment_position end;
  };
  /// In order; of the active one what is published.
  [[nodiscard]] std::vector<segment_at_rest> segments_at_rest() const;
  /// Somebody other than a reader met damage; from here on it is as if a reader had. False: the segment is no
  /// longer the log's, or damage was met before.
  [[nodiscard]] bool report_damage(const error& what, const segment& where);

 private:
  /// A stretch of a segment file to look through.
  struct stretch {
    std::shared_ptr<segment> source;
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
  };
  /// The first that reading meets is remembered.
  void note_damage(const error& what, const segment& where) const;
  [[nodiscard]] log_index segments_last() const;
  [[nodiscard]] bool wants_new_segment_locked() const;
  [[nodiscard]] segment_summary active_summary() const;
  [[nodiscard]] std::optional<stretch> stretch_for_index(log_index index) const;
  [[nodiscard]] std::optional<stretch> stretch_for_offset(record_offset offset) const;
  [[nodiscard]] std::optional<stretch> stretch_for_time(std::int64_t append_time_ms) const;
  /// Reads entries of one segment from `from` on. Gives what is left of the budget, or nothing when done.
  [[nodiscard]] static result<std::optional<std::size_t>> read_stretch(const stretch& where, log_index from,
                                                                       log_index to, std::size_t budget_bytes,
                                                                       std::vector<entry>& target);
  [[nodiscard]] result<std::optional<log_index>> index_of_offset(record_offset offset) const;

  const std::string folder_;
  mutable std::mutex mutex_;
  std::vector<std::shared_ptr<segment>> segments_;
  entry_tail tail_;
  /// The end of the segments, also if none could be opened.
  segment_position base_;
  /// Ascending; the first one holds for everything before the second.
  std::vector<segment_index::configuration_at> configurations_;
  log_start_mark log_start_;
  std::uint64_t segment_bytes_ = std::uint64_t{64} << 20;
  mutable bool roll_promised_ = false;
  /// The active segment is too old.
  bool roll_wanted_ = false;
  /// Checkpoint thread only.
  bool active_is_spoilt_ = false;
  std::string fenced_;
  mutable std::optional<met_damage> damage_met_;
};

}  // namespace marquee::raft
