#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/file_system.h"
#include "base/metrics.h"
#include "base/result.h"
#include "raft/core/configuration.h"
#include "raft/core/hard_state.h"
#include "raft/core/log_reader.h"
#include "raft/core/log_start.h"
#include "raft/core/node.h"

namespace marquee::raft {

struct log_store_options {
  /// Holds wal/ and data/<topic id>/<partition>/.
  std::string data_dir;
  std::uint64_t wal_file_bytes = std::uint64_t{64} << 20;
  /// A checkpoint is wanted when this much of the write-ahead log is in use.
  std::uint64_t checkpoint_bytes = std::uint64_t{128} << 20;
  /// Appends are refused (overloaded) while this much waits for the disk.
  std::uint64_t queued_bytes_most = std::uint64_t{256} << 20;
  /// Names the machine's boot (DESIGN D4). Empty: read from `boot_id_file`; if that is empty too, every start
  /// without a clean stop before counts as one after a loss of power.
  std::string kernel_boot_id;
  std::string boot_id_file = "/proc/sys/kernel/random/boot_id";
  /// Relaxed writes are synced this long after they were written, or after this many bytes (DESIGN D4).
  std::int64_t flush_ms = 100;
  std::uint64_t flush_bytes = std::uint64_t{1} << 20;
  /// Segments do not grow and no file is made while less than this would stay free on the disk: entries then
  /// wait in the write-ahead log, and appends are refused (overloaded) when that is full. A start may use it.
  std::uint64_t keep_free_bytes = 0;
  /// What nobody reads is read again at this pace, to find damage; 0: it is not. Passes begin this far apart
  /// at least, the first one a minute after the start at the latest.
  std::uint64_t scrub_bytes_per_second = 0;
  std::int64_t scrub_interval_ms = 86'400'000;
};

/// How long an acknowledged write survives (DESIGN D4).
enum class durability : std::uint8_t {
  durable,  ///< synced to stable storage
  relaxed,  ///< written to the operating system; synced soon after
};

struct persist_times {
  std::int64_t write_us = 0;
  std::int64_t sync_us = 0;
};
/// Called once per persist, in order per group, on the flush thread: post it on at once. An error is final
/// for this group's log: what is on disk is unknown (DESIGN D4).
using persist_done = std::function<void(result<persist_times>)>;

/// State of the application as of a log index; the beginning of a segment (DESIGN D6).
struct state_block {
  /// Everything up to here is in `application_state`.
  log_index applied;
  term_number applied_term;
  record_offset next_offset;
  configuration members;
  record_offset log_start;
  /// Dedup table, routing epochs: whatever the partition wants back.
  shared_bytes application_state;
};

/// What retention has to know of one segment.
struct segment_summary {
  log_index base_index;
  /// base_index - 1 if it is empty.
  log_index last_index;
  record_offset base_offset;
  /// Offset that follows its last record.
  record_offset next_offset;
  /// Append times of the first and the last entry; of the entry before, if it is empty.
  std::int64_t first_time_ms = 0;
  std::int64_t last_time_ms = 0;
  std::uint64_t bytes = 0;
};

/// One replica's log. Belongs to the group's thread, but for what says otherwise. Reading never waits for the
/// flush thread: what is not yet in a segment is in memory.
class group_log : public log_reader {
 public:
  /// Shows the entries to readers at once and queues them for the flush thread. Hard states and truncations
  /// are always synced, whatever `wanted` says. Errors (nothing was taken): overloaded, io (an earlier write
  /// failed).
  [[nodiscard]] virtual result<> persist(const persist_request& request, durability wanted,
                                         persist_done done) = 0;

  /// What the group wants from here on; `persist` may still ask for more. While it is relaxed the log is
  /// marked so, and a loss of power puts it in doubt.
  virtual void set_durability(durability /*wanted*/) {}

  /// Offset that follows the last record in the log.
  [[nodiscard]] virtual record_offset next_offset() const = 0;
  /// First client record that may be read.
  [[nodiscard]] virtual record_offset log_start_offset() const = 0;
  /// Entries with records from the one that contains `from` on, none that begins at or above `below`, of at
  /// most `max_bytes` together but at least one if there is any. Errors: not_found (below the log start),
  /// corrupt, io.
  [[nodiscard]] virtual result<std::vector<entry>> read_from_offset(record_offset from, record_offset below,
                                                                    std::size_t max_bytes) const = 0;
  /// First entry whose append time (entry.append_time_ms) is at or after `append_time_ms`, for searches by
  /// time.
  [[nodiscard]] virtual std::optional<log_index> first_index_at_or_after(
      std::int64_t append_time_ms) const = 0;

  /// Latest configuration in the log at or below `index`.
  [[nodiscard]] virtual configuration configuration_at(log_index index) const = 0;

  /// True when the next checkpoint will begin a new segment and therefore needs a state block.
  [[nodiscard]] virtual bool needs_state_block() const = 0;
  /// Size after which a segment is full; takes effect at the next checkpoint.
  virtual void set_segment_bytes(std::uint64_t segment_bytes) = 0;
  /// True if a checkpoint would begin a new segment. Unlike `needs_state_block` it promises nothing.
  [[nodiscard]] virtual bool wants_new_segment() const = 0;
  /// From now on wants a new segment, if the active one (with what is not yet in a segment) holds records and
  /// its first entry was appended before `append_time_ms`.
  virtual void end_segment_older_than(std::int64_t append_time_ms) = 0;
  /// In order; the last one is the one that is appended to, with what is not yet in a segment. Empty if
  /// nothing could be opened.
  [[nodiscard]] virtual std::vector<segment_summary> segments() const = 0;

  /// A log start entry was applied: readers see the new log start at once, and whole segments below it go
  /// once that is durable. A lower one than before changes nothing. Readers that have a file open go on.
  virtual void raise_log_start(const log_start_mark& mark) = 0;
  /// Drops segments below the log start that were still appended to when it was raised.
  virtual void drop_old_segments() = 0;
  /// Damage that reading has met, with file and position: what is damaged was given to nobody. The next start
  /// cuts it off. On the group's thread.
  [[nodiscard]] virtual std::optional<error> damage_met() { return std::nullopt; }
  /// Bytes in segments and in memory.
  [[nodiscard]] virtual std::uint64_t size_bytes() const = 0;
};

/// What was found for one group at start.
struct recovered_group {
  group_id group;
  /// `restored.doubt`: power went while relaxed writes may not have been synced (DESIGN D4). Stays so over
  /// restarts until a request with `settles_doubt`.
  restored_state restored;
  /// The newest state block; entries after `state.applied` up to restored.commit_index are to be applied
  /// again.
  state_block state;
  std::unique_ptr<group_log> log;
  /// Not empty: damaged, and cannot be filled again. The replica must not vote, lead or serve; the text says
  /// which file and what to do.
  std::string damage;
  /// It came into doubt at this start, because the machine lost power. In doubt without this and `cut_off`:
  /// since an earlier start.
  bool lost_power = false;
  /// Not empty: damage was found and cut off. `restored.doubt` is open, and a leader sends what is missing.
  std::string cut_off;
};

/// One group's part in a checkpoint: entries up to `state.applied` move from memory to segments.
struct group_checkpoint {
  group_id group;
  state_block state;
};

/// The durable state of all replicas of one broker: one write-ahead log, which every group's appends and hard
/// states go through in one order, and per group segments, which are its checkpoint (DESIGN D5, D6). Segments
/// hold committed entries only, so they are never truncated; uncommitted ones are carried over in the
/// write-ahead log.
///
/// Owns the flush thread, the checkpoint thread and the scrub thread. A failed write or sync of the
/// write-ahead log is never retried: all waiting and later persists fail, and `on_fatal` is called once, upon
/// which the process has to stop. A failed segment write fences that group alone.
class log_store {
 public:
  struct callbacks {
    /// The write-ahead log is full enough, or a file of it damaged: gather `group_checkpoint`s and call
    /// `checkpoint`. On the flush thread or the scrub thread.
    std::function<void()> checkpoint_wanted;
    /// On the flush thread.
    std::function<void(const error&)> on_fatal;
    /// After each checkpoint: whether it met a full disk, so that something had to stay in the write-ahead
    /// log. On the checkpoint thread.
    std::function<void(bool lacks_space)> space_was_needed = {};
  };
  virtual ~log_store() = default;

  /// Reads everything back. Errors: corrupt (the write-ahead log is damaged in the middle: names file and
  /// position), unsupported (a newer format), io, refused (another process holds the data directory).
  [[nodiscard]] static result<std::unique_ptr<log_store>> open(file_system& files, const clock& time,
                                                               metrics_registry& metrics,
                                                               log_store_options options, callbacks on);
  /// Once, after `open`: the groups that were found.
  [[nodiscard]] virtual std::vector<recovered_group> take_recovered() = 0;
  /// Writes the bootstrap record (DESIGN D9) and waits for the disk. The same group again with the same
  /// members gives already_exists. Errors: io, no_space, conflict (other members).
  [[nodiscard]] virtual result<std::unique_ptr<group_log>> create_group(const group_id& group,
                                                                        const configuration& members) = 0;
  /// Forgets the group and removes its files; its group_log must be gone. Durable when it returns.
  [[nodiscard]] virtual result<> remove_group(const group_id& group) = 0;
  /// Closes the group's log and opens it again as a start does: what is damaged is cut off, and the group is
  /// in doubt. Its group_log must be gone; no checkpoint touches the group meanwhile. Waits for the disk.
  /// Errors: not_found, unsupported, io, no_space: the group stays closed, and it may be tried again.
  [[nodiscard]] virtual result<recovered_group> reopen_group(const group_id& group) = 0;
  /// Moves entries to segments, syncs them, writes the checkpoint record and frees old log files. `done` is
  /// called on the checkpoint thread. Thread-safe.
  virtual void checkpoint(std::vector<group_checkpoint> groups, std::function<void(result<>)> done) = 0;
  /// While it is paused nothing is read again at rest. It pauses by itself while a checkpoint lacks space.
  /// Thread-safe.
  virtual void pause_scrub(bool /*paused*/) {}
  /// Writes what is queued, syncs, and joins the threads. Call `checkpoint` before it for a fast next start.
  virtual void stop() = 0;
};

}  // namespace marquee::raft
