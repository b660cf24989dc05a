#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/file_system.h"
#include "base/result.h"
#include "raft/storage/group_storage.h"
#include "raft/storage/segment_verifier.h"
#include "raft/storage/storage_metrics.h"
#include "raft/storage/wal_verifier.h"

namespace marquee::raft {

struct scrub_options {
  /// 0: off.
  std::uint64_t bytes_per_second = 0;
  /// Between the beginnings of two passes at least.
  std::int64_t interval_ms = 0;
  /// Before the first pass of a process.
  std::int64_t first_ms = 0;
};

/// What is scrubbed, and what is to be done about it. Thread-safe, all of them.
struct scrub_source {
  std::function<std::vector<group_id>()> groups;
  /// Nothing if it is gone.
  std::function<std::shared_ptr<group_storage>(const group_id&)> storage;
  std::function<std::vector<closed_wal_file>()> closed_wal_files;
  /// A closed file is damaged, and memory holds what is in it: write everything that is needed to a new one.
  std::function<void()> renew_wal;
  /// False: nothing is read for the time being.
  std::function<bool()> may_run;
};

/// Bits rot in data that nobody reads. So this reads everything at rest again, slowly, one replica after the
/// other, then the closed files of the write-ahead log, and verifies all checksums. Damage in a segment
/// counts as if a reader had met it (`group_storage::damage_met`); of the log's files everything is still in
/// memory, so a checkpoint makes them superfluous.
///
/// A function of the clock and the files: whoever owns it (`scrub_loop`, or a test) calls `step` again and
/// again, on one thread. Never faster than asked for, but for the one entry or header that is read whole.
class log_scrubber {
 public:
  /// All references must outlive it.
  log_scrubber(file_system& files, const clock& time, storage_metrics& metrics, scrub_options options,
               scrub_source source);

  /// Reads about a piece if it is time for it. Says after how many microseconds it wants to be called again.
  [[nodiscard]] std::int64_t step();

 private:
  struct group_work {
    group_id group;
    std::shared_ptr<group_storage> storage;
    std::vector<group_storage::segment_at_rest> segments;
    std::size_t next = 0;
  };
  struct pass_count {
    std::uint64_t bytes = 0;
    std::uint64_t replicas = 0;
    std::uint64_t segments = 0;
    std::uint64_t wal_files = 0;
    std::uint64_t damages = 0;
  };

  void begin_pass(std::int64_t now_us);
  void end_pass();
  /// Goes on with whatever is next; gives the bytes that were read.
  [[nodiscard]] std::uint64_t advance();
  [[nodiscard]] std::uint64_t advance_segment();
  [[nodiscard]] std::uint64_t advance_wal_file();
  /// False: there is nothing left in this pass.
  [[nodiscard]] bool take_next();
  void end_group();
  void segment_failed(const error& why);
  void wal_file_failed(const error& why);
  void cannot_read(const std::string& path, const error& why);

  file_system& files_;
  const clock& time_;
  storage_metrics& metrics_;
  const scrub_options options_;
  const scrub_source source_;
  const std::size_t piece_bytes_;

  std::int64_t next_us_;
  std::int64_t pass_begun_us_ = 0;
  bool in_pass_ = false;
  pass_count pass_;
  std::vector<group_id> groups_;
  std::size_t next_group_ = 0;
  std::optional<group_work> work_;
  std::optional<segment_verifier> segment_;
  std::vector<closed_wal_file> wal_files_;
  std::size_t next_wal_file_ = 0;
  bool wal_files_listed_ = false;
  std::optional<wal_verifier> wal_file_;
};

}  // namespace marquee::raft
