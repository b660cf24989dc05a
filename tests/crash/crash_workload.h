#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/random.h"
#include "base/simulated_file_system.h"
#include "raft/core/node.h"
#include "tests/unit/raft/storage/store_under_test.h"

namespace marquee::raft {

struct seed_range {
  std::uint64_t first = 0;
  std::uint64_t last = 0;
};
/// MARQUEE_CRASH_SEEDS=FIRST-LAST asks for other workloads than the usual ones.
[[nodiscard]] seed_range seeds(seed_range usual);

/// What a group's log must say: compared after each crash.
struct expected_group {
  hard_state hard;
  std::vector<std::uint32_t> entry_checksums;
  bool operator==(const expected_group&) const = default;
};
using expected_state = std::map<group_id, expected_group>;

/// Everything that was handed to the log store, in order, one record at a time, and how much of it was
/// acknowledged. After a crash the store must hold the outcome of a beginning of this history that covers at
/// least what was acknowledged: nothing acknowledged is lost, terms and votes never go back, no log has a
/// hole, and nothing that was never written appears.
class crash_history {
 public:
  void created(const group_id& group);
  void removed(const group_id& group);
  void persisted(const group_id& group, const persist_request& request);
  /// Everything handed over so far.
  [[nodiscard]] std::size_t length() const { return steps_.size(); }
  /// Of an entry that was never truncated.
  [[nodiscard]] std::uint32_t checksum_of(const group_id& group, log_index index) const;
  /// The newest records were refused: nothing of them was taken.
  void cut(std::size_t length) { steps_.resize(length); }
  void acknowledge(std::size_t length) { acknowledged_ = std::max(acknowledged_, length); }
  /// A description of what is wrong, or nothing. On success the history is cut to what was found.
  [[nodiscard]] std::optional<std::string> check(const expected_state& found);

 private:
  struct step {
    enum class kind { create, remove, hard, truncate, append } what;
    group_id group;
    hard_state hard;
    log_index index;
    std::uint32_t checksum = 0;
  };
  static void apply(const step& s, expected_state& state);

  std::vector<step> steps_;
  std::size_t acknowledged_ = 0;
};

/// A seeded workload of appends, truncations, hard states, creations, removals, checkpoints and log starts
/// that are raised, over a few groups, several of them in one flush, in log files so small that they are
/// switched all the time.
class crash_workload {
 public:
  crash_workload(simulated_file_system& files, std::uint64_t seed);

  /// How many I/Os the workload makes when nothing goes wrong.
  [[nodiscard]] static std::uint64_t operations_of(std::uint64_t seed, int actions);
  /// Opens the store and works until it is done, the disk has crashed or the log has failed.
  void run(int actions);
  /// Opens again and compares. A description of what is wrong, or nothing.
  [[nodiscard]] std::optional<std::string> reopen_and_check();

  store_under_test under_test;

 private:
  /// What the workload, in the place of a Raft node, knows of its group.
  struct group_progress {
    std::int64_t last = 0;
    std::int64_t offset = 0;
    std::int64_t committed = 0;
    std::int64_t term = 1;
    std::vector<std::int64_t> offsets;  ///< next offset after each entry
    log_start_mark wanted_start;        ///< as raised
    log_start_mark durable_start;       ///< what a crash must not take back
  };

  void act();
  void create();
  void remove(group_id group);
  void flush_some();
  void checkpoint();
  void raise_log_starts();
  [[nodiscard]] std::optional<std::string> check_log_starts() const;
  [[nodiscard]] persist_request make_request(group_progress& group);
  void submit(const group_id& id, group_progress& group);
  [[nodiscard]] expected_state found_state();

  simulated_file_system& files_;
  random_source random_;
  crash_history history_;
  std::map<group_id, group_progress> groups_;
  int created_ = 0;
};

}  // namespace marquee::raft
