#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/file_system.h"
#include "base/result.h"
#include "raft/storage/log_store.h"
#include "raft/storage/logged_group_table.h"
#include "raft/storage/storage_metrics.h"
#include "raft/storage/wal_space.h"
#include "raft/storage/wal_verifier.h"
#include "raft/storage/wal_writer.h"

namespace marquee::raft {

/// Something to be written to the write-ahead log, and what to do afterwards.
struct flush_item {
  group_id group;
  std::vector<wal_record> records;
  /// Brings the table in step with the records; of a checkpoint: once it is written, as what it writes.
  std::function<void(logged_group_table&)> apply;
  durability wanted = durability::durable;
  persist_done done;
  /// Instead of records: write a checkpoint after noting this progress.
  std::optional<std::vector<segment_progress>> checkpoint;
  /// False: the disk is full, and a checkpoint that carries over what segments could not take would only fill
  /// it with files of the write-ahead log.
  bool may_make_files = true;
};

struct flush_queue_options {
  std::string data_dir;
  std::uint64_t wal_file_bytes = 0;
  std::uint64_t checkpoint_bytes = 0;
  std::uint64_t queued_bytes_most = 0;
  /// No more files than this are made ahead.
  std::uint32_t wal_files_most = 8;
  /// While it runs no file is made that would leave less than this free. 0: as long as there is space.
  std::uint64_t keep_free_bytes = 0;
  /// One flush takes at most about this much, so that the first in it do not wait for the last too long.
  std::uint64_t flush_bytes_most = std::uint64_t{8} << 20;
  /// Relaxed writes are synced this long after they were written, or after this many bytes (DESIGN D4).
  std::int64_t relaxed_sync_us = 100'000;
  std::uint64_t relaxed_sync_bytes = std::uint64_t{1} << 20;
  /// For tests that prove the crash checker: completions come before the sync.
  bool planted_bug_acknowledge_before_sync = false;
};

/// The write-ahead log from the side of those who write to it: a bounded queue, and the step that flushes it.
/// Whatever was queued while the last flush was under way goes out with the next: one gather write, one sync,
/// then the completions in order.
///
/// `submit` is thread-safe; `step` belongs to one thread, the flush thread (or a test). A failed write or
/// sync is latched: everything waiting and everything later fails, `on_fatal` is called once (raft-pitfalls
/// 27).
class flush_queue final : private wal_slot_source {
 public:
  flush_queue(file_system& files, const clock& time, storage_metrics& metrics, flush_queue_options options,
              log_store::callbacks on, logged_group_table groups, std::uint64_t last_lsn,
              std::uint64_t last_generation, std::uint32_t last_file_number);

  /// Before the first step: files that may be reused.
  void add_slots(std::vector<wal_slot> slots);
  /// Before the first step: begins the log anew with a checkpoint of what was recovered. Earlier files are no
  /// longer needed when it returns.
  /// It may take what is kept free.
  [[nodiscard]] result<> begin();

  /// Errors (nothing was taken): overloaded, too_large, io (the log has failed).
  [[nodiscard]] result<> submit(flush_item item, space_claim claim);
  /// Flushes what is queued, at most one flush. False if there was nothing to do.
  bool step();
  /// Syncs what was written without sync. For the end.
  [[nodiscard]] result<> sync_all();

  /// Blocks until there is something for `step` to do, or `stop_waiting` was called: then false.
  [[nodiscard]] bool wait();
  void stop_waiting();

  /// True while a file should be made ahead; `add_file` makes one. Not on the flush thread: it takes long.
  [[nodiscard]] bool wants_file() const;
  [[nodiscard]] result<> add_file();
  /// False while another file would leave less than `keep_free_bytes`. From any thread.
  [[nodiscard]] bool has_space_for_file() const;
  /// Files that are full and still needed, all of them synced. From any thread: one that is among them before
  /// and after it was read was not written meanwhile.
  [[nodiscard]] std::vector<closed_wal_file> closed_files() const;
  /// Called when a file should be made ahead. Set before the first step.
  void on_wants_file(std::function<void()> callback) { on_wants_file_ = std::move(callback); }

 private:
  struct flush_work {
    std::vector<flush_item> items;
    bool sync_due = false;
  };
  [[nodiscard]] flush_work take_work();
  void flush(std::vector<flush_item> items, bool sync_due);
  void finish(std::vector<flush_item>& items, persist_times times);
  void run_checkpoint(flush_item item);
  [[nodiscard]] result<> write_checkpoint(const std::vector<wal_record>& records);
  enum class free_space : std::uint8_t { keep, use, none };
  [[nodiscard]] result<> reserve_for_checkpoint(const std::vector<wal_record>& records, free_space kept);
  void release_files();
  void note_closed_files();
  [[nodiscard]] result<> sync_now();
  void fail_everything(const error& why, std::vector<flush_item> items);
  /// Brings the metrics up to what the writer has counted.
  void count_written();
  [[nodiscard]] result<wal_slot> take_slot() override;
  [[nodiscard]] std::uint32_t next_file_number();
  [[nodiscard]] bool wants_file_locked() const;

  file_system& files_;
  const clock& time_;
  storage_metrics& metrics_;
  const flush_queue_options options_;
  const log_store::callbacks on_;
  std::function<void()> on_wants_file_;

  mutable std::mutex mutex_;
  std::condition_variable ready_;
  std::deque<flush_item> queue_;
  std::uint64_t queued_bytes_ = 0;
  wal_space space_;
  std::deque<wal_slot> slots_;
  std::vector<closed_wal_file> closed_;
  std::uint32_t files_made_ = 0;
  std::uint32_t last_file_number_;
  std::optional<error> failed_;
  bool stopping_ = false;
  bool full_ = false;                  ///< something was refused because the log has no room
  std::uint64_t files_wanted_ = 0;     ///< free files that it needs, however large it is
  std::int64_t sync_deadline_us_ = 0;  ///< 0: nothing waits for a sync

  // Flush thread only.
  logged_group_table groups_;
  wal_writer writer_;
  std::deque<wal_slot> checkpoint_slots_;
  std::uint64_t since_checkpoint_bytes_ = 0;
  bool checkpoint_asked_ = false;
  /// One that failed for want of space is not tried again at once.
  static constexpr std::int64_t failed_checkpoint_pause_us = 1'000'000;
  std::int64_t no_checkpoint_before_us_ = 0;
  wal_writer::counters reported_;
};

}  // namespace marquee::raft
