#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/result.h"
#include "raft/storage/wal_file.h"
#include "raft/storage/wal_record.h"

namespace marquee::raft {

/// Where the writer gets its next file from.
class wal_slot_source {
 public:
  virtual ~wal_slot_source() = default;
  [[nodiscard]] virtual result<wal_slot> take_slot() = 0;
};

/// Appends records to the files of the write-ahead log: numbers them, gathers them into one write, and goes
/// on to the next file when one is full, never before that one is synced (raft-pitfalls 33).
///
/// Lives on the flush thread. After a failure nothing may be written any more; whoever owns it sees to that.
class wal_writer {
 public:
  struct counters {
    std::uint64_t bytes_written = 0;
    std::uint64_t syncs = 0;
  };

  /// Goes on after `last_lsn` and `last_generation`, which recovery found (0, 0 for an empty log). The first
  /// thing to do is `begin_file`.
  wal_writer(wal_slot_source& slots, std::uint64_t last_lsn, std::uint64_t last_generation);

  /// Syncs the current file and begins the next one. Its header is written together with its first records.
  [[nodiscard]] result<> begin_file(bool begins_checkpoint);
  /// Writes the records as one flush. Nothing is durable yet. Every record must fit into an empty file.
  [[nodiscard]] result<> write(std::span<const wal_record> records);
  /// After this everything written is durable.
  [[nodiscard]] result<> sync();

  [[nodiscard]] std::uint64_t last_lsn() const { return last_lsn_; }
  [[nodiscard]] std::uint64_t durable_lsn() const { return durable_lsn_; }
  /// Room left in the current file.
  [[nodiscard]] std::uint64_t left_bytes() const { return file_bytes_ - position_; }
  [[nodiscard]] std::uint64_t unsynced_bytes() const { return unsynced_bytes_; }
  /// The newest checkpoint is complete and synced. Gives the files before the one it began.
  [[nodiscard]] std::vector<wal_slot> complete_checkpoint();
  /// Full files that are still needed, oldest first.
  [[nodiscard]] const std::vector<wal_slot>& older() const { return older_; }
  [[nodiscard]] const counters& count() const { return counters_; }

 private:
  struct pending {
    std::vector<encoded_wal_header> headers;
    std::vector<std::pair<const wal_record*, wal_record_header>> records;
    std::uint64_t end = 0;
  };
  void add(pending& batch, const wal_record& record);
  [[nodiscard]] result<> write_out(pending& batch);

  wal_slot_source& slots_;
  std::uint64_t last_lsn_;
  std::uint64_t durable_lsn_;
  /// Inside a checkpoint the durable mark stands still: if it is cut off, recovery goes back to what was
  /// before it, and must not take the parts that were synced for something that is missing.
  bool in_checkpoint_ = false;
  std::uint64_t generation_;
  std::vector<wal_slot> older_;
  /// How many of `older_` come before the newest checkpoint's first file.
  std::size_t before_checkpoint_ = 0;
  wal_slot current_;
  std::uint64_t file_bytes_ = 0;
  std::uint64_t position_ = 0;
  std::uint64_t unsynced_bytes_ = 0;
  /// Not empty: still to be written in front of the first records.
  bytes file_header_;
  counters counters_;
};

}  // namespace marquee::raft
